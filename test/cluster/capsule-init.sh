#!/bin/sh
# The first process of a capsule: it lives in new namespaces for processes, mounts, network and IPC, and when it ends,
# the kernel ends every other process in there and takes all mounts, interfaces and packet filter rules away with it.
#
# usage: unshare … capsule-init.sh owned|free STATE CACHE
# Both folders stay visible. STATE/init says which process this is, as the host sees it; then it prints a line, and is
# ready. `owned` ends with its standard input.
set -eu
owned=$1 && shift

# Until /proc is mounted anew it shows the namespace of the host.
read -r stat </proc/self/stat
echo "$stat" >"$1/init"
mount -t proc proc /proc
mount --make-rshared /

# Nodes and engines have fixed paths here (/run/containerd/s, /run/docker, /var/log/containers, …). Covered by empty
# file systems they neither meet the host's nor leave anything behind. DIRs that lie below them are put back.
exec 7<"$1" 8<"$2"
for dir in /run /var/lib /var/log; do mount -t tmpfs -o mode=755 tmpfs "$dir"; done
fd=7
for dir in "$1" "$2"; do
  [ -d "$dir" ] || { mkdir -p "$dir" && mount --no-canonicalize --bind "/proc/self/fd/$fd" "$dir"; }
  fd=$((fd + 1))
done
exec 7<&- 8<&-

ip link set lo up
echo 1 >/proc/sys/net/ipv4/ip_forward
echo ready

# `wait` also reaps the orphans that come to every first process.
exec 3<&0 >/dev/null 2>&1
if [ "$owned" = owned ]; then cat <&3 & else sleep infinity & fi
wait
