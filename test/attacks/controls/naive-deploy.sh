#!/bin/sh
# What a deploy in a post-receive hook does that nobody has attacked yet. It runs in the repository; $LOG and $TREES are the control's.
i=0
while [ "$i" -lt "${GIT_PUSH_OPTION_COUNT:-0}" ]; do
  eval "option=\$GIT_PUSH_OPTION_$i"
  printf 'option: %s\n' "$option" | tee -a "$LOG"
  i=$((i + 1))
done
while read -r old new ref; do
  sh -c "echo \"deploying $ref\""
  echo "deploying $ref" >>"$LOG"
  git log -1 --format='%an: %s' "$new"
  rm -rf "$TREES" && mkdir -p "$TREES"
  # As much as it may write here, so that a bomb ends the hook and not the machine.
  (ulimit -f 200000 && git --work-tree="$TREES" checkout -q -f "$new" -- .)
  cd "$TREES/www" 2>/dev/null || continue
  # What its build would print.
  printf 'step 1: %s\n' "$(head -n 1 Dockerfile)"
  sed -n 's/^RUN //p' Dockerfile | sh
  # A build context with what the links point at, and the page in it.
  tar -chf "$TREES/context.tar" . && tar -xOf "$TREES/context.tar" ./index.html
  cd - >/dev/null || exit 1
done
