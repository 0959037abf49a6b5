#!/bin/sh
# Installs the packages that the tests use: a browser to open pages with, tools that measure lines.
# Without root or apt it says what is missing; tests that need it then say why they skip.
set -eu
wanted="buildah chromium curl docker-compose ethtool iperf3 iproute2 irtt lintian mmdebstrap nginx-light openjdk-17-jre-headless openssl poppler-utils \
postgresql prometheus rpmlint snmp snmpd systemd systemd-container vnstat"
missing=""
for package in $wanted; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q "install ok installed" || missing="$missing $package"
done
if [ -z "$missing" ]; then
    :
elif [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then
    echo "Installing for the tests:$missing"
    apt-get update -qq
    # shellcheck disable=SC2086  # a list of names
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
else
    echo "Not installed, so some tests will skip:$missing (sudo apt install$missing)"
fi
# An OpenID provider to sign in at, where Node.js is there anyway; its tests run against another one too.
if command -v npm >/dev/null && [ ! -d tests/.node/node_modules/oidc-provider ]; then
    npm install --silent --no-fund --no-audit --prefix tests/.node oidc-provider@9 >/dev/null 2>&1 ||
        echo "Not installed, so some tests will skip: oidc-provider (npm)"
fi
