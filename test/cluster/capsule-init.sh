#!/bin/sh
# The first process of a capsule: it lives in new namespaces for processes, mounts, network and IPC, and when it ends,
# the kernel ends every other process in there and takes all mounts, interfaces and packet filter rules away with it.
#
# usage: unshare … capsule-init.sh STATE CACHE CGROUP_PROCS…
# It joins the control groups whose files are given. STATE and CACHE stay visible. STATE/init says which process this is,
# as the host sees it; then it prints a line, and is ready. It ends with its standard input, until that says `stay`.
set -eu

# Until /proc is mounted again it shows the namespace of the host.
read -r stat </proc/self/stat
echo "$stat" >"$1/init"
mount -t proc proc /proc
mount --make-rshared /

exec 7<"$1" 8<"$2"
state=$1 cache=$2
shift 2
for procs in "$@"; do echo 0 >"$procs" || true; done 2>/dev/null

# Nodes and engines have fixed paths here (/run/containerd/s, /run/docker, /var/log/containers, …). Covered by empty
# file systems they neither meet the host's nor leave anything behind. STATE and CACHE are mounted again if they are in there.
for dir in /run /var/lib /var/log; do mount -t tmpfs -o mode=755 tmpfs "$dir"; done
fd=7
for dir in "$state" "$cache"; do
  [ -d "$dir" ] || { mkdir -p "$dir" && mount --no-canonicalize --bind "/proc/self/fd/$fd" "$dir"; }
  fd=$((fd + 1))
done
exec 7<&- 8<&-

# Beside the hierarchies of cgroup v1, that of v2 has nothing that pods are given, and crun refuses to work with both.
umount /sys/fs/cgroup/unified 2>/dev/null || true

ip link set lo up
echo 1 >/proc/sys/net/ipv4/ip_forward
echo ready

# `wait` also reaps the orphans that come to every first process.
exec 3<&0 >/dev/null 2>&1
(read -r word <&3 && [ "$word" = stay ] && exec sleep infinity) &
wait
