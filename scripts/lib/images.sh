# shellcheck shell=bash
# Makes the base images that fixtures and tests name, without a registry.
# Sourced by scripts/engine, with the engine's environment set. The root file
# systems are kept as archives in PREFIX, so that a fresh engine has the images
# in seconds.

IMAGES=(busybox python)

make_images() {
  local name
  if (($# == 0)); then
    set -- "${IMAGES[@]}"
  fi
  for name in "$@"; do
    case $name in
      busybox) make_image busybox:latest busybox 'CMD ["sh"]' ;;
      python) make_image python:3.11-slim python 'CMD ["python3"]' ;;
      *) die "there is no base image '$name'" "The images are: ${IMAGES[*]}" ;;
    esac
  done
}

# make_image TAG NAME DOCKERFILE-LINE
make_image() {
  local archive=$PREFIX/images/$2.tar
  if docker image inspect "$1" >/dev/null 2>&1; then
    say "image $1 is there"
    return
  fi
  [[ -s $archive ]] || "archive_$2" "$archive"
  docker import --change "$3" "$archive" "$1" >/dev/null
  say "image $1 is made"
}

# archive_of FOLDER ARCHIVE: written under another name first, so that a run
# that was stopped leaves no half archive.
archive_of() {
  mkdir -p "$(dirname "$2")"
  tar --create --numeric-owner --directory "$1" --file "$2.part" .
  mv "$2.part" "$2"
}

archive_busybox() {
  local root applet
  need_packages busybox=busybox-static
  root=$(mktemp -d)
  mkdir -p "$root"/{bin,etc,root,tmp,usr/bin,var/tmp}
  chmod 1777 "$root/tmp" "$root/var/tmp"
  install -m 755 "$(command -v busybox)" "$root/bin/busybox"
  for applet in $(busybox --list); do
    [[ $applet == busybox ]] || ln -s busybox "$root/bin/$applet"
  done
  echo 'root:x:0:0:root:/root:/bin/sh' >"$root/etc/passwd"
  echo 'root:x:0:' >"$root/etc/group"
  archive_of "$root" "$1"
  rm -rf "$root"
}
