#!/usr/bin/env bash
# From nothing to recommendations with reasons, on MovieLens 100K. `make demo` runs this, then serves.
# It starts afresh each time: what an earlier one left in var/demo is removed.
set -euo pipefail
cd "$(dirname "$0")/../.."

tagreel=${TAGREEL:-.venv/bin/tagreel}
config=docs/examples/ml-100k.toml
served=(--store sqlite:///var/demo/store.db --bundles var/demo/bundles)

step() {
    printf '\n== %s\n   $ tagreel %s\n\n' "$1" "${*:2}"
    "$tagreel" "${@:2}"
}

rm -rf var/demo
step "Get MovieLens 100K: 943 viewers, 1,682 films with genres as tags, 100,000 ratings" \
    data get ml-100k
step "Read and check it, train, compare with plain methods on what training did not see, publish" \
    run --config "$config"
step "What a known viewer should see next, and why" \
    recommend 1 --n 5 "${served[@]}"
step "What somebody new should see, who picked two tags a moment ago" \
    recommend somebody-new --tags genre:sci-fi=1,genre:romance=1 --n 5 "${served[@]}"
step "Whom a film that nobody has seen yet would reach, from its tags alone" \
    audience --tags genre:sci-fi,genre:thriller --title "A brand-new film" --n 5 "${served[@]}"
