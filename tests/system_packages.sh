#!/bin/sh
# Installs the Debian packages that the tests use: a browser to open pages with, tools that measure lines.
# Without root or apt it says what is missing; tests that need it then say why they skip.
set -eu
wanted="chromium curl ethtool iperf3 iproute2 irtt nginx-light openssl poppler-utils postgresql prometheus snmp snmpd systemd vnstat"
missing=""
for package in $wanted; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q "install ok installed" || missing="$missing $package"
done
[ -z "$missing" ] && exit 0
if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then
    echo "Installing for the tests:$missing"
    apt-get update -qq
    # shellcheck disable=SC2086  # a list of names
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
else
    echo "Not installed, so some tests will skip:$missing (sudo apt install$missing)"
fi
