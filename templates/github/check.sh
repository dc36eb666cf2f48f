#!/usr/bin/env bash
# What action.yml runs: lint, package and verify, each as far as the one before it passed. Leaves in $OUT what is uploaded and
# posted, and in $GITHUB_OUTPUT how it came out; ends with 0, so that what was found is told before the job fails.
set -uo pipefail

mkdir -p "$OUT"
report=$OUT/report.json
exit_code=0

main() {
  build_once
  plimsoll lint "$INPUT_PATH" --format json --output "$report" --fail-on "$INPUT_FAIL_ON"
  exit_code=$?
  [ -s "$report" ] || finish
  plimsoll lint "$INPUT_PATH" --format sarif --output "$OUT/plimsoll.sarif" --quiet || true
  set_output sarif "$OUT/plimsoll.sarif"
  set_output verdict "$(node -p 'JSON.parse(require("fs").readFileSync(process.argv[1], "utf8")).verdict' "$report")"
  tell_change
  image=''
  [ "$exit_code" -ne 0 ] || [ "$INPUT_PACKAGE" != true ] || package
  [ "$exit_code" -ne 0 ] || [ "$INPUT_VERIFY" != true ] || [ -z "$image" ] || verify
  [ "$exit_code" -ne 0 ] || [ -z "$INPUT_PUSH" ] || push
  finish
}

plimsoll() {
  node "$GITHUB_ACTION_PATH/dist/src/cli.js" "$@"
}

build_once() {
  [ -e "$GITHUB_ACTION_PATH/dist/src/cli.js" ] || (cd "$GITHUB_ACTION_PATH" && npm ci --silent && npm run --silent build) || exit 1
}

# What changed against the base branch, or where there is none how it stands.
tell_change() {
  local base=$OUT/base
  if [ -n "${BASE_SHA:-}" ] && git fetch --quiet --depth=1 origin "$BASE_SHA" && git worktree add --quiet --detach "$base" "$BASE_SHA"; then
    (cd "$base" && plimsoll lint "$INPUT_PATH" --format json --output "$OUT/base.json" --quiet) || true
    git worktree remove --force "$base"
  fi
  if [ -s "$OUT/base.json" ]; then
    plimsoll diff "$OUT/base.json" "$report" --format markdown --output "$OUT/comment.md"
  else
    plimsoll lint "$INPUT_PATH" --format markdown --output "$OUT/comment.md" --quiet || true
  fi
}

package() {
  image=$(plimsoll package "$INPUT_PATH")
  exit_code=$?
  set_output image "$image"
}

verify() {
  plimsoll verify "$INPUT_PATH" --format markdown --output "$OUT/verdict.md"
  exit_code=$?
  [ ! -s "$OUT/verdict.md" ] || { echo; cat "$OUT/verdict.md"; } >>"$OUT/comment.md"
}

push() {
  image=$(plimsoll package "$INPUT_PATH" --push "$INPUT_PUSH" --no-probe)
  exit_code=$?
  set_output image "$image"
}

set_output() {
  echo "$1=$2" >>"$GITHUB_OUTPUT"
}

finish() {
  set_output exit "$exit_code"
  [ ! -s "$OUT/comment.md" ] || cat "$OUT/comment.md" >>"$GITHUB_STEP_SUMMARY"
  exit 0
}

main
