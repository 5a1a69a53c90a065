#!/bin/sh
# Prints the archives from which this machine gets a release of Debian, one per line, as apt itself knows them.
#   sources.sh SUITE
set -eu
. "$(dirname -- "$0")/common.sh"
suite=$1

keyring=/usr/share/keyrings/debian-archive-keyring.gpg
[ -r $keyring ] && options="[signed-by=$keyring]" || options=
# Other publishers have components of other names, or say in the index that they are not Debian.
apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT) $(ORIGIN)' 'Created-By: Packages' |
  awk -v suite="$suite" -v options="$options" '
    $3 == "main" && ($2 == suite || $2 == suite "-updates" || $2 == suite "-security") && ($4 == "Debian" || $4 ~ /ORIGIN/) {
      line = "deb " options " " $1 " " $2 " main"
      if (!seen[line]++) print line
      found = 1
    }
    END { exit !found }' ||
  fail 69 "this machine's apt has no archive of Debian $suite" \
    'name one in a file and build again: build.sh --suite NAME --sources FILE'
