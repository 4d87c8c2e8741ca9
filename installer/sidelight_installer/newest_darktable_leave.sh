#!/bin/sh
# Stands in the tree where this system has its Python, and runs that one outside the tree: the
# tree's libraries are not those it was built for. The words it was called by are kept, because
# they tell Python which virtual environment it is in.
exec chroot /host env -C "$PWD" PATH="$PATH_OUTSIDE" "$0" "$@"
