# Run a program of the tree in root/ beside this file: sh enter PROGRAM ARGUMENTS.
#
# The program sees the tree's own usr, etc and var, and everything else of this system where it
# is. The mounts belong to this process alone and vanish with it and what it starts; each step
# replaces the one before, so that the caller's child is the program itself.
set -eu
folder=$(dirname "$0")
root=$folder/root

if [ "${1-}" != --mounted ]; then
    as_root=
    [ "$(id -u)" = 0 ] || as_root=--map-root-user
    exec unshare --mount $as_root sh "$0" --mounted "$@"
fi
shift
mount --rbind / "$root/host"
for place in /*; do
    case $place in
        /bin | /boot | /etc | /host | /lib* | /run | /sbin | /usr | /var) continue ;;
    esac
    if [ -d "$place" ] && [ ! -L "$place" ]; then
        mkdir -p "$root$place"
        mount --rbind "$place" "$root$place"
    fi
done
mount --rbind /var/tmp "$root/var/tmp"
read -r python <"$folder/python"
mount --bind "$folder/leave" "$root$python"
exec chroot "$root" env -C "$PWD" PATH=/usr/bin:/usr/sbin PATH_OUTSIDE="$PATH" "$@"
