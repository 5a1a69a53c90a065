#!/bin/sh
set -eu
echo "tools: to be written"
