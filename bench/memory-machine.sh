# Runs in a virtual machine, for bench/memory-machines.ts: starts each server of /jobs in a memory cgroup of its own under its recommended
# limit, asks it, and tells what the kernel counts when it is ready and when it has answered. With starve=yes the same again under
# 0.8 of what is planned to be unreclaimable, and how that ended; with collapse=yes also what the kernel's thread for large pages makes of it.
if [ -e /sys/fs/cgroup/memory ]; then version=1 groups=/sys/fs/cgroup/memory; else version=2 groups=/sys/fs/cgroup; fi
export MALLOC_ARENA_MAX=2 MALLOC_MMAP_THRESHOLD_=65536 MALLOC_TRIM_THRESHOLD_=131072
export PLIMSOLL_HTTP_PORT=8080 PLIMSOLL_GRPC_PORT=8081 PLIMSOLL_HOST=127.0.0.1
group=$groups/measured
pages=/sys/kernel/mm/transparent_hugepage/khugepaged

field() { awk -v name="$1" '$1 == name { print $2 }' "$2"; }

# tell PHASE: one line of counters in bytes.
tell() {
  if [ $version = 2 ]; then
    peak=$(cat $group/memory.peak) kernel=$(field kernel $group/memory.stat) large=$(field anon_thp $group/memory.stat)
    anon=$(field anon $group/memory.stat) tables=$(field pagetables $group/memory.stat) stacks=$(field kernel_stack $group/memory.stat)
  else
    peak=$(cat $group/memory.max_usage_in_bytes) kernel=$(cat $group/memory.kmem.usage_in_bytes) large=$(field rss_huge $group/memory.stat)
    anon=$(field rss $group/memory.stat) tables=0 stacks=0
  fi
  files=$(($(field active_file $group/memory.stat) + $(field inactive_file $group/memory.stat)))
  threads=$(field Threads: /proc/$server/status)
  workers=$(sed -n 's/.*"workers":\([0-9]*\).*/\1/p' /tmp/log)
  echo "row $name $1 peak=$peak anon=$anon large=${large:-0} kernel=$kernel tables=$tables stacks=$stacks file=$files threads=$threads workers=$workers"
}

# start LIMIT TENTHS: in the group under a limit; fails where it is not ready after so many tenths of a second.
start() {
  mkdir $group
  if [ $version = 2 ]; then echo $1 >$group/memory.max; echo 0 >$group/memory.swap.max; else echo $1 >$group/memory.limit_in_bytes; fi
  : >/tmp/log
  cd $job
  sh -c 'echo $$ >"$0" && exec "$@"' $group/cgroup.procs node server.mjs >/tmp/log 2>&1 &
  server=$!
  waited=0
  while [ $waited -lt $2 ] && kill -0 $server 2>/dev/null; do
    ! grep -q '"event":"ready"' /tmp/log || return 0
    sleep 0.1
    waited=$((waited + 1))
  done
  return 1
}

end() {
  kill -9 $server 2>/dev/null
  wait $server
  for try in 1 2 3 4 5; do rmdir $group && break; sleep 0.2; done
}

# ask BODY TENTHS. A client that has closed its end is taken for gone: it stays open until the answer is there.
ask() {
  : >/tmp/answer
  { cat $job/$1; asked=0; while [ ! -s /tmp/answer ] && [ $asked -lt $2 ] && kill -0 $server 2>/dev/null; do sleep 0.1; asked=$((asked + 1)); done; } |
    nc 127.0.0.1 8080 >/tmp/answer
  head -n 1 /tmp/answer | grep -q ' 200'
}

kills() {
  if [ $version = 2 ]; then field oom_kill $group/memory.events; else field oom_kill $group/memory.oom_control; fi
}

measure() {
  if start $(cat $job/limit) 1800; then
    tell create
    for body in largest largest largest one-row largest; do
      ask $body 900 || echo "$name was not answered: $body: $(tr '\r\n' '  ' </tmp/answer | head -c 300)"
    done
    tell run
    if [ -n "$collapse" ]; then
      # What takes hours, in seconds.
      echo 0 >$pages/scan_sleep_millisecs
      echo 100000 >$pages/pages_to_scan
      sleep 15
      tell later
      echo 10000 >$pages/scan_sleep_millisecs
    fi
  else
    echo "$name was not ready: $(tail -n 1 /tmp/log)"
  fi
  end
}

starve() {
  outcome=answered
  if start $(($(cat $job/unreclaimable) * 8 / 10)) 300; then
    for body in largest largest; do ask $body 300 || outcome=stalled; done
  elif kill -0 $server 2>/dev/null; then outcome=stalled; else outcome="refused: $(tail -n 1 /tmp/log)"; fi
  [ "$(kills)" = 0 ] || outcome=killed
  echo "starved $name $outcome"
  end
}

find /runtime -name '*.node' -o -name '*.so*' | xargs cat /usr/bin/node >/dev/null
for name in $(echo $jobs | tr , ' '); do
  job=/jobs/$name
  cat $job/server.mjs $job/model/* >/dev/null
  measure
  [ -z "$starve" ] || starve
done
