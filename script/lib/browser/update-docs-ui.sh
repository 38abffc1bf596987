#!/usr/bin/env bash
set -euo pipefail

usage() {
    cat <<'END'
Usage: script/lib/browser/update-docs-ui.sh [VERSION]

Replaces the copy of Swagger UI in assets/swagger-ui by VERSION, or by the newest one. The same
version gives the same bytes. Needs npm. Afterwards, run the tests and docs.test.mjs, then commit.
END
}

case ${1:-} in
    -h | --help)
        usage
        exit
        ;;
esac

package=swagger-ui-dist
version=${1:-latest}
assets=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../../../assets" && pwd)/swagger-ui
work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT

cd "$work"
archive=$(npm pack --silent "$package@$version")
tar -xzf "$archive"

rm -rf -- "$assets"
mkdir -p -- "$assets"
for file in swagger-ui-bundle.js swagger-ui.css; do
    # The maps for debuggers stay behind, so nothing may point to them. -n: no time, no name.
    sed '/^\(\/\/# \|\/\*# \)sourceMappingURL=/d' "package/$file" | gzip -9 -n >"$assets/$file.gz"
done
cp package/LICENSE package/NOTICE package/swagger-ui-bundle.js.LICENSE.txt "$assets"
node -p 'require("./package/package.json").version' >"$assets/VERSION"

printf 'Swagger UI %s:\n' "$(cat "$assets/VERSION")"
cd "$assets"
wc -c -- *.gz
