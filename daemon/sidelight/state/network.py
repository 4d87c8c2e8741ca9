"""Whether a folder lies on a network drive, where a database cannot be locked reliably."""

from __future__ import annotations

from pathlib import Path

FILE_SYSTEMS = frozenset(
    (
        "9p", "afpfs", "afs", "beegfs", "ceph", "cifs", "davfs", "fuse.rclone", "fuse.sshfs",
        "glusterfs", "lustre", "ncpfs", "nfs", "nfs4", "smb2", "smb3", "smbfs", "webdav",
    )
)  # fmt: skip
"""As the operating systems name them."""


def network_warning(folder: Path) -> str:
    """Return one sentence if a folder lies on a network drive, otherwise nothing."""
    if not is_on_network(folder):
        return ""
    return (
        "Sidelight's own folder lies on a network drive, where its database may be damaged; "
        "set SIDELIGHT_HOME to a folder of this computer"
    )


def is_on_network(folder: Path) -> bool:
    """Whether a folder is known to lie on a network drive; False where nobody can tell."""
    if folder.drive.startswith("\\\\"):
        return True
    try:
        import psutil

        path = folder.resolve()
        mounts = psutil.disk_partitions(all=True)
    except (OSError, RuntimeError):
        return False
    # Later mounts hide earlier ones of the same place.
    holding = [mount for mount in mounts if path.is_relative_to(mount.mountpoint)]
    nearest = max(enumerate(holding), default=None, key=lambda at: (len(at[1].mountpoint), at[0]))
    if nearest is None:
        return False
    mount = nearest[1]
    return mount.fstype.lower() in FILE_SYSTEMS or "remote" in mount.opts.split(",")
