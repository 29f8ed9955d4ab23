# shellcheck shell=bash
# Starts and stops one private engine. Sourced by scripts/engine, which sets
# PREFIX and INSTANCE.
#
# Everything of an instance lies in its own folder: data, sockets, pid and log.
# Its network is a range and a bridge of its own, and the engine is told to
# leave the firewall alone: an engine that starts empties the tables of any
# other one on the machine. The few rules that it needs are made here.

instance_dir() {
  echo "$PREFIX/instances/$INSTANCE"
}

instance_socket() {
  echo "$(instance_dir)/docker.sock"
}

# The pid of the instance's engine; fails when it is not running. A pid file
# outlives a killed engine, and its number may belong to anyone by now.
instance_pid() {
  local pid
  pid=$(cat "$(instance_dir)/dockerd.pid" 2>/dev/null) || return 1
  is_running "$pid" dockerd || return 1
  echo "$pid"
}

# is_running PID PROGRAM. A process that ended and was not yet waited for still
# has a folder in /proc, but no program.
is_running() {
  [[ $(readlink "/proc/$1/exe") == */$2* ]]
}

instance_docker() {
  env -u DOCKER_CONTEXT DOCKER_HOST="unix://$(instance_socket)" DOCKER_CONFIG="$(compose_config 5)" \
    timeout 60 "$PREFIX/root/usr/bin/docker" "$@"
}

instance_answers() {
  instance_pid >/dev/null && instance_docker info >/dev/null 2>&1
}

start_instance() {
  local dir
  dir=$(instance_dir)
  check_path_length "$dir"
  # What an engine that was killed left behind would stop the new one.
  clear_instance
  mkdir -p "$dir"
  choose_network
  make_bridge
  write_daemon_config "$dir"
  say "starting engine '$INSTANCE' in $dir"
  # The lock on descriptor 9 must not live as long as the engine does.
  PATH=$PREFIX/root/usr/bin:$PREFIX/root/usr/sbin:$PATH \
    setsid dockerd --config-file "$dir/daemon.json" \
    --containerd-namespace "$(bridge_name)" \
    --containerd-plugins-namespace "$(bridge_name)-plugins" \
    >"$dir/dockerd.log" 2>&1 </dev/null 9>&- &
  wait_for_instance $! "$dir/dockerd.log"
}

# The kernel takes 107 bytes for a socket's path, and containerd appends 37.
check_path_length() {
  ((${#1} <= 70)) || die "the path $1 is too long for the engine's sockets" \
    "Name a shorter folder: TOWLINE_ENGINE_HOME=/some/folder scripts/engine up"
}

wait_for_instance() {
  local pid=$1 log=$2 _
  for _ in {1..120}; do
    if instance_answers; then
      return
    fi
    is_running "$pid" '' || break
    sleep 0.5
  done
  tail -n 20 "$log" >&2
  die "engine '$INSTANCE' did not start" "Its log is $log; the lines above are its end."
}

# The second byte of the instance's addresses, 10.N.0.0/16: as before if it is
# still free, else the first that no route of the machine and no other instance
# uses. It also names what the instance owns outside its folder.
network_number() {
  cat "$(instance_dir)/network"
}

choose_network() {
  local number
  if number=$(network_number 2>/dev/null) && ! is_routed "$number"; then
    return
  fi
  for number in {200..250}; do
    if ! is_routed "$number" && ! is_taken "$number"; then
      echo "$number" >"$(instance_dir)/network"
      return
    fi
  done
  die "no range 10.200.0.0 to 10.250.0.0 is free for the engine" "Look at: ip -4 route"
}

is_routed() {
  grep -q "\b10\.$1\." <<<"$(ip -4 route show table all)"
}

is_taken() {
  grep -qsx "$1" "$PREFIX"/instances/*/network
}

# The firewall rules of an instance: its containers may reach out, and what
# they asked for may come back.
each_rule() {
  local act=$1 range
  range=10.$(network_number).0.0/16
  "$act" nat POSTROUTING -s "$range" ! -d "$range" -j MASQUERADE
  "$act" filter FORWARD -s "$range" -j ACCEPT
  "$act" filter FORWARD -d "$range" -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
}

add_rule() {
  # First in its chain, because another engine's chain may end in a drop.
  iptables --wait -t "$1" -I "$2" "${@:3}"
}

delete_rule() {
  # A killed engine's rules may be there more than once, or not at all.
  while iptables --wait -t "$1" -D "$2" "${@:3}" 2>/dev/null; do :; done
}

bridge_name() {
  echo "towline$(network_number)"
}

make_bridge() {
  local bridge
  bridge=$(bridge_name)
  ip link add "$bridge" type bridge
  ip address add "10.$(network_number).0.1/24" dev "$bridge"
  ip link set "$bridge" up
  each_rule add_rule
}

# A packet that is too big for the machine's own way out would vanish, so the
# containers get the same limit.
outer_mtu() {
  if [[ $(ip -4 route show default) =~ \ dev\ ([^\ ]+) ]]; then
    cat "/sys/class/net/${BASH_REMATCH[1]}/mtu"
  else
    echo 1500
  fi
}

# A file of its own also keeps the machine's /etc/docker/daemon.json out.
write_daemon_config() {
  local dir=$1 mtu
  mtu=$(outer_mtu)
  cat >"$dir/daemon.json" <<JSON
{
  "data-root": "$dir/data",
  "exec-root": "$dir/exec",
  "hosts": ["unix://$(instance_socket)"],
  "pidfile": "$dir/dockerd.pid",
  "init-path": "$PREFIX/root/usr/bin/tini-static",
  "userland-proxy-path": "$PREFIX/root/usr/sbin/docker-proxy",
  "bridge": "$(bridge_name)",
  "default-address-pools": [{ "base": "10.$(network_number).0.0/16", "size": 24 }],
  "mtu": $mtu,
  "default-network-opts": {
    "bridge": { "com.docker.network.driver.mtu": "$mtu" }
  },
  "iptables": false,
  "ip6tables": false
}
JSON
}

stop_instance() {
  local pid
  if pid=$(instance_pid); then
    say "stopping engine '$INSTANCE' (pid $pid)"
    end_containers
    kill -TERM "$pid"
    wait_for_end "$pid" dockerd || kill -KILL "$pid"
  else
    say "engine '$INSTANCE' is not running"
  fi
  clear_instance
}

# The engine would ask each container and wait ten seconds for those that do
# not listen. Nothing that runs for a test is worth the wait.
end_containers() {
  local ids
  mapfile -t ids < <(instance_docker ps --quiet)
  if ((${#ids[@]})); then
    instance_docker kill "${ids[@]}" >/dev/null || true
  fi
}

wait_for_end() {
  local _
  for _ in {1..150}; do
    is_running "$1" "$2" || return 0
    sleep 0.2
  done
  return 1
}

# Removes what an instance owns outside its data: an engine that ended well
# leaves little, one that was killed leaves containers, mounts and bridges.
clear_instance() {
  local dir
  dir=$(instance_dir)
  [[ -e $dir/network ]] || return 0
  kill_containers
  kill_containerd "$dir/exec/containerd/containerd.pid"
  unmount_below "$dir"
  delete_bridges
  each_rule delete_rule
  rm -rf "$dir/exec" "$dir/docker.sock" "$dir/dockerd.pid"
}

# Containers outlive their engine. Each hangs below a shim that carries the
# instance's namespace in its arguments.
kill_containers() {
  local shim
  for shim in $(pgrep -xf "[^ ]*containerd-shim-runc-v2 -namespace $(bridge_name) .*"); do
    pkill -KILL -P "$shim" || true
    kill -KILL "$shim" 2>/dev/null || true
  done
}

kill_containerd() {
  local pid
  pid=$(cat "$1" 2>/dev/null) || return 0
  is_running "$pid" containerd || return 0
  kill -TERM "$pid"
  wait_for_end "$pid" containerd || kill -KILL "$pid"
}

# Deepest first; a mount that is still in use goes when its last user does.
unmount_below() {
  local mount
  awk -v dir="$1/" 'index($5, dir) == 1 { print $5 }' /proc/self/mountinfo | sort -r |
    while read -r mount; do
      umount "$mount" 2>/dev/null || umount --lazy "$mount" || true
    done
}

delete_bridges() {
  local bridge
  # One that got no address is only known by its name.
  ip link delete "$(bridge_name)" 2>/dev/null || true
  for bridge in $(ip -o -4 address show |
    awk -v own="10.$(network_number)." 'index($4, own) == 1 { print $2 }'); do
    ip link delete "$bridge" || true
  done
}

purge_instance() {
  rm -rf --one-file-system "$(instance_dir)"
  say "removed the data of engine '$INSTANCE'"
}
