#!/bin/sh
# Starts dockerd in a container, with the arguments that the entrypoint of docker:dind takes.
set -eu
[ "${1:-dockerd}" = dockerd ] || exec "$@"
[ $# = 0 ] || shift
# A daemon that was killed leaves its pid file, and the next one with that pid would not start.
rm -f /run/docker.pid /run/docker/containerd/containerd.pid
# cgroup v2 lets a group with processes of its own delegate nothing to its children: they move down one step.
if [ -f /sys/fs/cgroup/cgroup.controllers ]; then
  mkdir -p /sys/fs/cgroup/init
  while read -r pid; do echo "$pid" >/sys/fs/cgroup/init/cgroup.procs || :; done </sys/fs/cgroup/cgroup.procs
  sed -e 's/ / +/g' -e 's/^/+/' /sys/fs/cgroup/cgroup.controllers >/sys/fs/cgroup/cgroup.subtree_control
fi
exec dockerd "$@"
