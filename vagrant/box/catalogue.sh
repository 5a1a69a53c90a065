#!/bin/sh
# Writes the catalogue of a built box, by which `vagrant up` adds the box itself, and prints its path. To be called
# again after the folder was moved, for example onto a stick: the catalogue names the place where the box lies.
#   catalogue.sh FOLDER
set -eu
. "$(dirname -- "$0")/common.sh"
folder=$(CDPATH='' cd -- "$1" && pwd)
read -r sha256 box <"$folder/box.sha256" || fail 69 "$folder holds no box" 'build one: build.sh --cache DIR'

hash=$(printf '%s' "$sha256" | cut -c1-8)
url=$(printf 'file://%s' "$folder/$box" | sed -e 's/%/%25/g' -e 's/ /%20/g' -e 's/#/%23/g')
text=$(jq -n --arg version "1.0.$((0x$hash))" --arg url "$url" --arg sha256 "$sha256" '{
  name: "go-deadlock-lab/offline",
  versions: [{
    version: $version,
    providers: [{
      name: "libvirt", url: $url, checksum_type: "sha256", checksum: $sha256
    }]
  }]
}')
catalogue=$folder/catalogue.json
if [ "$(cat "$catalogue" 2>/dev/null || true)" != "$text" ]; then
  printf '%s\n' "$text" >"$catalogue.$$"
  mv -- "$catalogue.$$" "$catalogue"
fi
echo "$catalogue"
