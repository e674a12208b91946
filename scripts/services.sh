#!/bin/sh
# Installs (Debian packages) and starts what the tests talk to, where it is not there yet; one line a service.
# Without root it says what could not be done, and the tests that need it skip: so it always ends well.
set -u

POSTGRES="postgresql"
RTSP="gir1.2-gst-rtsp-server-1.0 gstreamer1.0-plugins-base gstreamer1.0-plugins-good gstreamer1.0-plugins-bad
      gstreamer1.0-plugins-ugly python3-gi"
MQTT="mosquitto"
RENDER="libosmesa6 fonts-noto-cjk fonts-wqy-zenhei"
HOST=127.0.0.1 PORT=5432 MQTT_PORT=1883 NAME=roadstead
DATABASE=roadstead_test

log=$(mktemp)
trap 'rm -f "$log"' EXIT

if [ "$(id -u)" = 0 ]; then as_root=""
elif sudo -n true 2>/dev/null; then as_root="sudo -n"
else as_root="none"
fi

missing() {  # the packages among the arguments that are not installed
    for package in "$@"; do
        dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q "ok installed" || printf '%s ' "$package"
    done
}

install() {  # install packages quietly; fails with the reason on stdout
    if ! command -v apt-get >/dev/null; then echo "this is no Debian; install by hand: $*"; return 1; fi
    if [ "$as_root" = none ]; then echo "no root here; ask for: apt-get install $*"; return 1; fi
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends install "$@" >"$log" 2>&1 && return
    $as_root apt-get -qq update >"$log" 2>&1
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends install "$@" >"$log" 2>&1 && return
    echo "apt-get could not install $*: $(grep -m1 '^E:' "$log" || tail -n1 "$log")"
    return 1
}

login() {  # can the tests log in?
    PGPASSWORD=$NAME PGCONNECT_TIMEOUT=3 psql -qAtw -h $HOST -p $PORT -U $NAME -d $DATABASE -c "SELECT 1" >/dev/null 2>&1
}

as_postgres() {  # one statement as the administrator: as the system's user, or over TCP where that is trusted
    if [ "$as_root" != none ] && $as_root su postgres -s /bin/sh -c "psql -qAt -p $PORT -c 'SELECT 1'" >/dev/null 2>&1; then
        echo "$1" | $as_root su postgres -s /bin/sh -c "psql -qAt -p $PORT -v ON_ERROR_STOP=1" 2>"$log"
    else
        echo "$1" | psql -qAtw -h $HOST -p $PORT -U postgres -v ON_ERROR_STOP=1 2>"$log"
    fi
}

postgres() {
    if command -v psql >/dev/null && login; then echo "PostgreSQL: ready on $HOST:$PORT"; return; fi
    if ! command -v psql >/dev/null || ! command -v pg_isready >/dev/null; then
        reason=$(install $POSTGRES) || { echo "PostgreSQL: $reason"; return; }
    fi
    if ! pg_isready -q -h $HOST -p $PORT; then
        if [ "$as_root" = none ]; then echo "PostgreSQL: no root to start it; ask for: service postgresql start"; return; fi
        if ! command -v pg_lsclusters >/dev/null || [ -z "$(pg_lsclusters -h)" ]; then
            reason=$(install $POSTGRES) || { echo "PostgreSQL: $reason"; return; }
        fi
        $as_root service postgresql start >"$log" 2>&1
        for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do pg_isready -q -h $HOST -p $PORT && break; sleep 1; done
    fi
    if [ -z "$(as_postgres "SELECT 1 FROM pg_roles WHERE rolname = '$NAME'")" ]; then
        as_postgres "CREATE ROLE $NAME LOGIN CREATEDB PASSWORD '$NAME'"
    fi
    if [ -z "$(as_postgres "SELECT 1 FROM pg_database WHERE datname = '$DATABASE'")" ]; then
        as_postgres "CREATE DATABASE $DATABASE OWNER $NAME"
    fi
    if login; then echo "PostgreSQL: ready on $HOST:$PORT"
    else echo "PostgreSQL: the tests cannot log in on $HOST:$PORT: $(tail -n1 "$log")"
    fi
}

rtsp() {
    needed=$(missing $RTSP)
    if [ -n "$needed" ]; then reason=$(install $needed) || { echo "RTSP test server: $reason"; return; }; fi
    echo "RTSP test server: ready"
}

rendering() {
    needed=$(missing $RENDER)
    if [ -n "$needed" ]; then reason=$(install $needed) || { echo "rendering: $reason"; return; }; fi
    echo "rendering: ready"
}

mqtt_ready() {  # does somebody listen? (a shell without /dev/tcp asks the kernel)
    grep -q "^ *[0-9]*: [0-9A-F]*:$(printf '%04X' $MQTT_PORT) [0-9A-F]*:0000 0A" /proc/net/tcp /proc/net/tcp6 2>/dev/null
}

mqtt() {
    needed=$(missing $MQTT)
    if [ -n "$needed" ]; then reason=$(install $needed) || { echo "MQTT broker: $reason"; return; }; fi
    if ! mqtt_ready; then
        if [ "$as_root" = none ]; then echo "MQTT broker: no root to start it; ask for: service mosquitto start"; return; fi
        $as_root service mosquitto start >"$log" 2>&1
        for _ in 1 2 3 4 5; do mqtt_ready && break; sleep 1; done
    fi
    if mqtt_ready; then echo "MQTT broker: ready on $HOST:$MQTT_PORT"
    else echo "MQTT broker: nobody answers on $HOST:$MQTT_PORT: $(tail -n1 "$log")"
    fi
}

postgres
rtsp
mqtt
rendering
exit 0
