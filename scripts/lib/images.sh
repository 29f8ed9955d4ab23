# shellcheck shell=bash
# Makes the base images that fixtures and tests name, without a registry.
# Sourced by scripts/engine, with the engine's environment set. The root file
# systems are kept as archives in PREFIX, so that a fresh engine has its images
# in seconds.

IMAGES=(busybox python)

make_images() {
  local name
  if (($# == 0)); then
    set -- "${IMAGES[@]}"
  fi
  lock_prefix
  for name in "$@"; do
    case $name in
      busybox) make_image busybox busybox:latest 'CMD ["sh"]' ;;
      python) make_image python python:3.11-slim 'CMD ["python3"]' ;;
      *) die "there is no base image '$name'" "The images are: ${IMAGES[*]}" ;;
    esac
  done
}

# make_image NAME TAG DOCKERFILE-LINE
make_image() {
  local name=$1 tag=$2 line=$3 archive=$PREFIX/images/$1.tar
  if docker image inspect "$tag" >/dev/null 2>&1; then
    say "image $tag is there"
    return
  fi
  if machine_engine_is_used && timeout 120 docker pull --quiet "$tag" >/dev/null 2>&1; then
    say "image $tag is pulled"
    return
  fi
  if [[ ! -s $archive ]]; then
    archive_image "$name" "$archive"
  fi
  docker import --change "$line" --change 'ENV LANG=C.UTF-8' "$archive" "$tag" >/dev/null
  say "image $tag is made"
}

# The archive gets its name last, so that a run that was stopped leaves no half
# one to be used by the next.
archive_image() {
  local root
  mkdir -p "$PREFIX/images"
  root=$(mktemp -d "$PREFIX/images/root.XXXXXX")
  chmod 755 "$root"
  "fill_$1" "$root"
  tar --create --numeric-owner --one-file-system --directory "$root" --file "$2.part" .
  mv "$2.part" "$2"
  rm -rf --one-file-system "$root"
}

fill_busybox() {
  local root=$1 applet
  need_packages busybox=busybox-static
  mkdir -p "$root"/{bin,etc,home,root,tmp,usr,var/tmp}
  chmod 1777 "$root/tmp" "$root/var/tmp"
  install -m 755 "$(command -v busybox)" "$root/bin/busybox"
  for applet in $(busybox --list); do
    [[ $applet == busybox ]] || ln -s busybox "$root/bin/$applet"
  done
  # Images that people write for the real one also call programs by these paths.
  ln -s ../bin "$root/usr/bin"
  ln -s bin "$root/sbin"
  echo 'root:x:0:0:root:/root:/bin/sh' >"$root/etc/passwd"
  echo 'root:x:0:' >"$root/etc/group"
}

# Debian 12, because its Python is the 3.11 that the tag promises. mmdebstrap
# takes two thirds of debootstrap's time.
fill_python() {
  local root=$1
  need_packages mmdebstrap=mmdebstrap
  apt_update_once
  say "making the file system of a Python image, which takes about a minute"
  quietly mmdebstrap --variant=minbase --mode=root \
    --include=python3,python3-pip,python3-venv,ca-certificates \
    --dpkgopt='path-exclude=/usr/share/doc/*' \
    --dpkgopt='path-exclude=/usr/share/man/*' \
    --dpkgopt='path-exclude=/usr/share/locale/*' \
    bookworm "$root" "$(debian_archive)" ||
    die "the Python image's file system could not be made" "Look at the lines above."
  ln -s ../../bin/python3 "$root/usr/local/bin/python"
  trust_as_this_machine "$root"
  reach_packages_as_this_machine "$root"
}

# Where a network has a certificate authority of its own, this machine trusts
# it already and a container must too.
trust_as_this_machine() {
  local bundle=/etc/ssl/certs/ca-certificates.crt
  if [[ -s $bundle ]]; then
    cp "$bundle" "$1$bundle"
  fi
}

# `pip install` in a Dockerfile should work as it does here and in the real
# image: with this machine's index and proxy, and without a virtual environment.
reach_packages_as_this_machine() {
  local key value
  {
    echo '[global]'
    echo 'break-system-packages = true'
    echo 'cert = /etc/ssl/certs/ca-certificates.crt'
    for key in index-url extra-index-url trusted-host proxy; do
      value=$(pip_setting "$key")
      [[ -z $value ]] || echo "$key = $value"
    done
  } >"$1/etc/pip.conf"
}

pip_setting() {
  python3 -m pip config get ":env:.$1" 2>/dev/null ||
    python3 -m pip config get "global.$1" 2>/dev/null ||
    true
}
