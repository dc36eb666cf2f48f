#!/usr/bin/env bash
# lint.sh FILE...: judges each project that a changed file belongs to once, by its files alone.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
[ -e "$root/dist/src/cli.js" ] || (cd "$root" && npm ci --silent && npm run --silent build) >&2

projects=()
for file in "$@"; do
  folder=$(dirname "$file")
  [ -e "$folder/plimsoll.yaml" ] && project=$folder || project=$file
  [[ " ${projects[*]-} " == *" $project "* ]] || projects+=("$project")
done
status=0
for project in "${projects[@]}"; do
  node "$root/dist/src/cli.js" lint "$project" --static || status=$?
done
exit "$status"
