# shellcheck shell=bash
# `A && B || fault` is meant: both must hold.
# shellcheck disable=SC2015,SC2153
# Plays docs/operations.md as an operator would: root, on a machine of its own. tests/it/operations.rs
# runs this in namespaces of its own (mounts, network, processes), so that the paths and ports of the
# page are the real ones and nothing of this machine is touched.
#
#   PAGE      the page
#   PROGRAM   the program under test
#   STAGE     an empty directory of this run
#   PROXIES   1: nginx takes part
set -euo pipefail

part() { printf -- '--- %s\n' "$*"; }
fault() {
    printf 'fault: %s\n' "$*"
    exit 1
}

# --- The stage -------------------------------------------------------------------------------

mount --make-rprivate /
mount -t tmpfs -o mode=0755 tmpfs "$STAGE"
for place in etc var usr/local root; do
    mkdir -p "$STAGE/layers/$place/upper" "$STAGE/layers/$place/work"
    mount -t overlay overlay "/$place" -o "lowerdir=/$place,upperdir=$STAGE/layers/$place/upper,workdir=$STAGE/layers/$place/work"
done
mount -t tmpfs -o mode=0755 tmpfs /run
ip link set lo up
export HOME=/root no_proxy=127.0.0.1,journal.example.org
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
unset DATABASE_URL XDG_DATA_HOME "${!PAIN_JOURNAL_@}"
rm -rf /etc/pain-journal /var/lib/pain-journal /var/backups/pain-journal
mkdir -p "$STAGE/project/target/release"
cp "$PROGRAM" "$STAGE/project/target/release/pain-journal"
cd "$STAGE/project"

# There is no systemd here. This reads of a unit what a start needs, and judges nothing: that is for
# systemd-analyze.
cat > /usr/local/sbin/systemctl <<'STUB'
#!/bin/bash
set -euo pipefail
value() { sed -n "s/^$1=//p" "/etc/systemd/system/$unit.service"; }
start() {
    if [ "$unit" = nginx ]; then nginx; return; fi
    install -d -m "$(value StateDirectoryMode)" -o "$(value User)" -g "$(value Group)" "/var/lib/$(value StateDirectory)"
    settings=()
    while IFS= read -r line; do
        case $line in '' | '#'* | ';'*) continue ;; esac
        set="${line#*=}"
        case $set in \"*\" | \'*\') set=${set:1:-1} ;; esac
        settings+=("${line%%=*}=$set")
    done < "$(value EnvironmentFile)"
    umask "$(value UMask)"
    cd /
    # Restart=on-failure: on a machine that is busy a start may give up.
    for _ in $(seq 10); do
        setpriv --reuid "$(value User)" --regid "$(value Group)" --clear-groups \
            env -i PATH="$PATH" "${settings[@]}" $(value ExecStart) > "/run/$unit.log" 2>&1 < /dev/null &
        echo $! > "/run/$unit.main"
        for _ in $(seq 600); do
            curl -sf -o /dev/null http://127.0.0.1:8080/readyz && return
            kill -0 "$(cat "/run/$unit.main")" 2> /dev/null || break
            sleep 0.2
        done
        cat "/run/$unit.log" >&2
        [ "$(value Restart)" = on-failure ] || break
        sleep "$(value RestartSec)"
    done
    exit 1
}
stop() {
    main=$(cat "/run/$unit.main")
    kill -TERM "$main"
    for _ in $(seq 600); do kill -0 "$main" 2> /dev/null || return 0; sleep 0.1; done
    exit 1
}
verb=$1; shift
for name in "$@"; do case $name in -*) ;; *) unit=${name%.service} ;; esac; done
case $verb:${unit:-} in
    daemon-reload:* | *:*.timer) ;;
    enable:* | start:* | reload-or-restart:*) start ;;
    stop:*) stop ;;
    *) echo "systemctl $verb?" >&2; exit 1 ;;
esac
STUB
chmod 0755 /usr/local/sbin/systemctl

# --- The page --------------------------------------------------------------------------------

# block SECTION NUMBER: the text of that block of sh of a section, counted from 1.
block() {
    printf '%s %s\n' "$1" "$2" >> "$STAGE/played"
    awk -v section="$1" -v number="$2" '
        /^```/ {
            if (fenced) { fenced = open = 0 } else { fenced = 1; open = (inside && $0 == "```sh" && ++count == number) }
            next
        }
        !fenced && /^#+ / { inside = ($0 ~ "^#+ " section "$") }
        open { print }' "$PAGE" > "$STAGE/block"
    [ -s "$STAGE/block" ] || fault "the page has no block $2 in $1"
    cat "$STAGE/block"
}

# play SECTION NUMBER: runs that block as it stands.
play() {
    local text
    text=$(block "$1" "$2")
    part "$1, block $2"
    bash -euo pipefail -c "$text" || fault "block $2 of $1 failed"
}

# put FILE: writes a file of the page to its place.
put() {
    printf 'File %s\n' "$1" >> "$STAGE/played"
    mkdir -p "$(dirname "$1")"
    awk -v title="File \`$1\`:" '
        open && $0 == "```" { exit }
        open { print }
        found && /^```/ { open = 1; found = 0 }
        $0 == title { found = 1 }' "$PAGE" > "$1"
    [ -s "$1" ] || fault "the page has no file $1"
}

# --- Requests --------------------------------------------------------------------------------

here=http://127.0.0.1:8080
field() { sed -n "s/.*\"$1\":\"\{0,1\}\([^\",}]*\).*/\1/p"; }
sign_in() {
    curl -s "$here/v1/auth/login" -H 'Content-Type: application/json' \
        -d "{\"email\": \"$1\", \"password\": \"a password of 12 characters or more\", \"device\": {}}"
}
status() { curl -s -o /dev/null -w '%{http_code}' "$@"; }
note() { # a journal entry of today, by its number
    status -X PUT "$here/v1/journal-entries/0190a111-2222-7333-8444-55556666777$1" \
        -H "Authorization: Bearer $token" -H 'Content-Type: application/json' -H 'If-None-Match: *' \
        -d "{\"kind\": \"daily\", \"effective_at\": \"$(date -u +%Y-%m-%dT%H:%M:%SZ)\", \"time_zone\": \"UTC\", \"pain_average\": $1}"
}
entry() { status -H "Authorization: Bearer $token" "$here/v1/journal-entries/0190a111-2222-7333-8444-55556666777$1"; }

# --- Install ---------------------------------------------------------------------------------

play Install 1
play Install 2
[ "$(stat -c '%U %a' /etc/pain-journal/env)" = 'root 600' ] || fault "the settings are open"
cp -p /etc/pain-journal/env "$STAGE/env"
play Install 2
cmp /etc/pain-journal/env "$STAGE/env" || fault "the settings were overwritten"

put /etc/systemd/system/pain-journal.service
put /etc/systemd/system/pain-journal-backup.service
put /etc/systemd/system/pain-journal-backup.timer
part "systemd-analyze verify"
systemd-analyze verify --man=no /etc/systemd/system/pain-journal{,-backup}.service \
    /etc/systemd/system/pain-journal-backup.timer > "$STAGE/verify" 2>&1 || fault "$(cat "$STAGE/verify")"
grep -i pain-journal "$STAGE/verify" && fault "systemd-analyze has something to say of the units"
play systemd 1

# --- Commands --------------------------------------------------------------------------------

play 'Commands beside the service' 1 > "$STAGE/said" 2>&1 || fault "$(cat "$STAGE/said")"
cat "$STAGE/said"
[ "$(grep -cE 'key [A-Za-z0-9_-]{43} (signs$|is published, and signs next|signs no more, and verifies until 20)' "$STAGE/said")" = 3 ] ||
    fault "rotate-keys does not say what it did"
echo 'a password of 12 characters or more' | pain-journal user create ana@example.org
[ "$(sign_in lind@example.org | field token_type)" = Bearer ] || fault "the account is not in the database of the service"
part "nothing of root's, and no second database"
[ -z "$(find /var/lib/pain-journal -user root)" ] || fault "$(find /var/lib/pain-journal -user root -ls)"
[ ! -e /root/.local/share/pain-journal ] && [ ! -e /var/lib/pain-journal/pain-journal ] || fault "a second database"
if setpriv --reuid nobody --regid nogroup --clear-groups pain-journal new-epoch 2> "$STAGE/said"; then fault "nobody may"; fi
grep -q 'only root may read it: run this as root' "$STAGE/said" || fault "$(cat "$STAGE/said")"
if pain-journal new-epoch --data-dir /var/lib/pain-jurnal 2> "$STAGE/said"; then fault "a database was made"; fi
grep -q 'there is no database in /var/lib/pain-jurnal' "$STAGE/said" || fault "$(cat "$STAGE/said")"
[ ! -e /var/lib/pain-jurnal/data ] || fault "a database was made"
part "a server without its secret does not take the database of the one that runs along"
if env PAIN_JOURNAL_MODE=production PAIN_JOURNAL_PUBLIC_URL=https://journal.example.org setpriv --reuid pain-journal \
    --regid pain-journal --clear-groups pain-journal serve --data-dir /var/lib/pain-journal --listen 127.0.0.1:0 2> "$STAGE/said"; then
    fault "it serves without a secret"
fi
grep -q 'PAIN_JOURNAL_SECRET must be set' "$STAGE/said" || fault "$(cat "$STAGE/said")"
[ "$(status "$here/readyz")" = 200 ] || fault "the database is gone"
part "production takes no database with accounts of the demo"
demo_place=$(mktemp -d)
chown pain-journal:pain-journal "$demo_place"
as_account() { setpriv --reuid pain-journal --regid pain-journal --clear-groups env -i PATH="$PATH" "$@"; }
as_account pain-journal migrate --create --data-dir "$demo_place" 2> "$STAGE/said" || fault "$(cat "$STAGE/said")"
as_account pain-journal demo --data-dir "$demo_place" 2> "$STAGE/said" || fault "$(cat "$STAGE/said")"
if as_account PAIN_JOURNAL_MODE=production PAIN_JOURNAL_SECRET="$(cat "$demo_place/secret")" \
    PAIN_JOURNAL_PUBLIC_URL=https://journal.example.org PAIN_JOURNAL_REGISTRATION=closed \
    timeout 120 pain-journal serve --data-dir "$demo_place" --listen 127.0.0.1:0 2> "$STAGE/said"; then
    fault "it serves the demo in production"
fi
grep -q "the demo's account ana@demo.example, whose password is public, is in this database" "$STAGE/said" ||
    fault "$(cat "$STAGE/said")"
rm -rf "$demo_place"

# --- The proxy -------------------------------------------------------------------------------

tokens=$(sign_in ana@example.org)
token=$(field access_token <<< "$tokens")
[ "$(note 1)" = 201 ] || fault "an entry"
mkdir -p /srv/papers
printf 'journal_date,pain_average\n2026-01-05,4\n' > /srv/papers/diary.csv
(cd /srv/papers && play 'Import a journal' 1) > "$STAGE/said" 2>&1 || fault "$(cat "$STAGE/said")"
curl -s -H "Authorization: Bearer $token" "$here/v1/journal-entries?from=2026-01-05&to=2026-01-05" | grep -q '"pain_average":4' ||
    fault "the diary did not come in: $(cat "$STAGE/said")"
if [ "$PROXIES" = 1 ]; then
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=journal.example.org \
        -addext subjectAltName=DNS:journal.example.org -keyout /etc/ssl/private/journal.key -out /etc/ssl/journal.pem 2> "$STAGE/said" ||
        fault "$(cat "$STAGE/said")"
    put /etc/nginx/nginx.conf
    mkdir -p /var/log/nginx
    rm -f /var/log/nginx/*
    play TLS 1
    proxied=(--cacert /etc/ssl/journal.pem --resolve journal.example.org:443:127.0.0.1)
    there=https://journal.example.org
    [ "$(status "${proxied[@]}" $there/readyz)" = 200 ] || fault "nothing behind the proxy"
    [ "$(curl -s -o /dev/null -w '%{redirect_url}' -H 'Host: journal.example.org' http://127.0.0.1/docs)" = $there/docs ] || fault "no way to TLS"

    part "entity tags and HEAD pass"
    tag=$(curl -s -D - -o /dev/null -H "Authorization: Bearer $token" $here/v1/journal-entries/0190a111-2222-7333-8444-555566667771 | tr -d '\r' | sed -n 's/^etag: //Ip')
    seen=$(curl -s "${proxied[@]}" --compressed -D - -o /dev/null -H "Authorization: Bearer $token" $there/v1/journal-entries/0190a111-2222-7333-8444-555566667771 | tr -d '\r' | sed -n 's/^etag: //Ip')
    [ -n "$tag" ] && [ "$tag" = "$seen" ] || fault "the tag $tag arrives as $seen"
    headed=$(curl -s "${proxied[@]}" --head -D "$STAGE/head" -o "$STAGE/answer" -w '%{http_code} %{size_download}' -H "Authorization: Bearer $token" $there/v1/journal-entries/0190a111-2222-7333-8444-555566667771)
    [ "$headed" = "200 0" ] && grep -qi "^etag: $tag" <(tr -d '\r' < "$STAGE/head") || fault "HEAD was answered $headed: $(cat "$STAGE/head")"

    part "a push of 7 MB reaches the server, one of 9 MB is refused as a problem"
    { printf '{"changes": {}'; head -c 7000000 /dev/zero | tr '\0' ' '; printf '}'; } > "$STAGE/large"
    pushed=$(status "${proxied[@]}" -H 'Content-Type: application/json' -H "Authorization: Bearer $token" \
        -H "Idempotency-Key: operator-0001" --data-binary "@$STAGE/large" "$there/v1/sync?last_pulled_at=0")
    [ "$pushed" = 200 ] || fault "the push was answered $pushed"
    head -c 9000000 /dev/zero | tr '\0' ' ' > "$STAGE/large"
    curl -s "${proxied[@]}" -D "$STAGE/head" -H 'Content-Type: application/json' --data-binary "@$STAGE/large" $there/v1/sync > "$STAGE/answer"
    grep -q ' 413' "$STAGE/head" && grep -qi '^content-type: application/problem+json' "$STAGE/head" || fault "$(cat "$STAGE/head" "$STAGE/answer")"
    [ "$(field code < "$STAGE/answer")" = body_too_large ] || fault "$(cat "$STAGE/answer")"

    part "an event of the stream arrives while the stream is open"
    curl -sN "${proxied[@]}" -H "Authorization: Bearer $token" $there/v1/sync/stream > "$STAGE/stream" &
    stream=$!
    for _ in $(seq 300); do [ -s "$STAGE/stream" ] && break; sleep 0.1; done
    kill -0 $stream && grep -q . "$STAGE/stream" || fault "the stream is held up"
    kill $stream

    part "a burst of 150 passes, tries of passwords are slowed down"
    for _ in $(seq 150); do echo "url = $there/healthz"; echo 'output = /dev/null'; done > "$STAGE/burst"
    curl -s "${proxied[@]}" -w '%{http_code}\n' -K "$STAGE/burst" | sort | uniq -c > "$STAGE/answer"
    grep -qx ' *150 200' "$STAGE/answer" || fault "$(cat "$STAGE/answer")"
    for _ in $(seq 100); do echo "url = $there/v1/auth/login"; echo "output = $STAGE/last"; echo 'data = x'; done > "$STAGE/burst"
    curl -s --parallel "${proxied[@]}" -w '%{http_code} %{content_type}\n' -K "$STAGE/burst" | sort | uniq -c > "$STAGE/answer"
    grep -q ' 503 application/problem+json' "$STAGE/answer" || fault "$(cat "$STAGE/answer")"
    part "what the proxy says is what the server would say"
    systemctl stop pain-journal
    curl -s "${proxied[@]}" -D "$STAGE/head" $there/docs > "$STAGE/answer"
    grep -q '^HTTP/2 503' "$STAGE/head" && grep -qi '^retry-after:' "$STAGE/head" && [ "$(field code < "$STAGE/answer")" = overloaded ] ||
        fault "$(cat "$STAGE/head" "$STAGE/answer")"
    systemctl start pain-journal

    part "the logs of the proxy are empty"
    [ -z "$(cat /var/log/nginx/*)" ] || fault "$(cat /var/log/nginx/*)"
    nginx -s stop
else
    printf 'File /etc/nginx/nginx.conf\nTLS 1\n' >> "$STAGE/played"
fi

# --- Backup and restore ----------------------------------------------------------------------

play Backups 1
play Backups 2
dump=$(ls /var/backups/pain-journal/*)
[[ $dump =~ /pain-journal-20[0-9]{6}T[0-9]{6}Z\.dump$ ]] || fault "the backup is called $dump"
[ "$(stat -c '%U %a' "$dump")" = 'pain-journal 600' ] || fault "the backup is open"
part "a dump that fails, or is cut off, leaves nothing"
mkdir "$STAGE/programs"
for program in "$(dirname "$(readlink "/proc/$(head -n 1 /var/lib/pain-journal/data/postmaster.pid)/exe")")"/*; do ln -s "$program" "$STAGE/programs/"; done
real=$(readlink "$STAGE/programs/pg_dump")
rm "$STAGE/programs/pg_dump"
for fails in "'$real' \"\$@\" | head -c 20000; exit 1" "'$real' \"\$@\" > $STAGE/whole; head -c -5000 $STAGE/whole; rm $STAGE/whole" 'exit 0'; do
    printf '#!/bin/bash\n%s\n' "$fails" > "$STAGE/programs/pg_dump"
    chmod 0755 "$STAGE/programs/pg_dump"
    chmod 0777 "$STAGE"
    if PG_BIN_DIR=$STAGE/programs pain-journal backup /var/backups/pain-journal 2> "$STAGE/said"; then fault "a bad dump counts: $fails"; fi
    [ "$(ls /var/backups/pain-journal/*)" = "$dump" ] || fault "a bad dump stays: $(ls /var/backups/pain-journal)"
done
chmod 0755 "$STAGE"

[ "$(note 2)" = 201 ] || fault "an entry after the backup"
cursor=$(curl -s -H "Authorization: Bearer $token" "$here/v1/sync?last_pulled_at=0" | field timestamp)
play Restore 1
[ "$(entry 1) $(entry 2)" = '200 404' ] || fault "the backup was not restored: $(entry 1) $(entry 2)"
[ "$(curl -s -H "Authorization: Bearer $token" "$here/v1/sync?last_pulled_at=$cursor" | field reason)" = epoch_changed ] || fault "no new epoch"
[ -d /var/lib/pain-journal/data.before ] || fault "the old database is gone"
[ -z "$(find /var/lib/pain-journal -user root)" ] || fault "$(find /var/lib/pain-journal -user root -ls)"
part "never over a database"
if pain-journal restore "$dump" 2> "$STAGE/said"; then fault "it was restored over a database"; fi
grep -q 'there is a database in /var/lib/pain-journal: stop the server' "$STAGE/said" || fault "$(cat "$STAGE/said")"
play Restore 2
[ "$(entry 1)" = 200 ] || fault "the practice disturbed the server"

# --- Keys ------------------------------------------------------------------------------------

part "not beside a running server"
if openssl rand -base64 32 | pain-journal rotate-secret 2> "$STAGE/said"; then fault "it was changed under a server"; fi
grep -q 'stop every copy of it first' "$STAGE/said" || fault "$(cat "$STAGE/said")"
refresh() { curl -s "$here/v1/auth/refresh" -H 'Content-Type: application/json' -d "{\"refresh_token\": \"$(field refresh_token <<< "$tokens")\"}"; }
old=$(cat /etc/pain-journal/env)
play Keys 1
[ "$(sort <<< "$old" | grep -v SECRET)" = "$(sort /etc/pain-journal/env | grep -v SECRET)" ] || fault "other settings were changed"
[ "$old" != "$(cat /etc/pain-journal/env)" ] && [ "$(stat -c '%U %a' /etc/pain-journal/env)" = 'root 600' ] || fault "the new settings"
[ "$(entry 1)" = 200 ] || fault "the change of the secret signed somebody out"
tokens=$(refresh)
[ "$(field token_type <<< "$tokens")" = Bearer ] || fault "the refresh token is void: $tokens"
part "with the old secret nothing is served"
systemctl stop pain-journal
( set -a; eval "$(grep -v FROM <<< "$old")"; exec setpriv --reuid pain-journal --regid pain-journal --clear-groups pain-journal serve ) \
    2> "$STAGE/said" &
serve=$!
for _ in $(seq 600); do grep -q 'does not open with this secret' "$STAGE/said" && break; kill -0 $serve || break; sleep 0.1; done
grep -q 'the master secret is not the one of this database' "$STAGE/said" || fault "$(cat "$STAGE/said")"
kill -TERM $serve
if wait $serve; then fault "it ends well with the old secret"; fi
[ ! -e /var/lib/pain-journal/data/postmaster.pid ] || fault "the database was left behind"
systemctl start pain-journal
part "the secret is lost"
lost=$(block Keys 1)
lost=${lost//rotate-secret/rotate-secret --lost}
sed -i 's/^PAIN_JOURNAL_SECRET=.*/PAIN_JOURNAL_SECRET=/' /etc/pain-journal/env
bash -euo pipefail -c "$lost"
[ "$(entry 1)" = 401 ] && [ "$(refresh | field code)" = session_revoked ] || fault "somebody is still signed in"
tokens=$(sign_in ana@example.org)
token=$(field access_token <<< "$tokens")
[ "$(entry 1)" = 200 ] || fault "the journal is gone"

# --- The audit -------------------------------------------------------------------------------

put /etc/systemd/system/pain-journal-audit.service
systemd-analyze verify --man=no /etc/systemd/system/pain-journal-audit.service > "$STAGE/verify" 2>&1 || fault "$(cat "$STAGE/verify")"
play 'Sealing the audit' 1 > "$STAGE/said" 2>&1 || fault "$(cat "$STAGE/said")"
grep -qE '^pain-journal: [1-9][0-9]* lines were sealed' "$STAGE/said" && grep -q 'are whole' "$STAGE/said" || fault "$(cat "$STAGE/said")"
[ "$(stat -c '%U %a' /etc/pain-journal-audit/key)" = 'root 600' ] || fault "the key is open"
PATH=$STAGE/programs:$PATH psql -q -h /var/lib/pain-journal/run -U pj_admin -d pain_journal -v ON_ERROR_STOP=1 -c \
    "ALTER TABLE pj.audit_lines DISABLE TRIGGER ALL; UPDATE pj.audit_lines SET action = 'nothing' WHERE line = 2" > "$STAGE/said" 2>&1 ||
    fault "$(cat "$STAGE/said")"
if pain-journal audit verify --seals /var/lib/pain-journal-audit/seals.jsonl 2> "$STAGE/said"; then fault "a changed line is whole"; fi
grep -q 'broken: line 2 was changed' "$STAGE/said" || fault "$(cat "$STAGE/said")"

# --- A PostgreSQL of one's own ---------------------------------------------------------------

part "a PostgreSQL at db.example.org, with the roles of the page"
bin=$(dirname "$(readlink "/proc/$(head -n 1 /var/lib/pain-journal/data/postmaster.pid)/exe")")
PATH=$bin:$PATH
echo '127.0.0.1 db.example.org' >> /etc/hosts
install -d -m 0700 -o postgres -g postgres "$STAGE/own" "$STAGE/socket"
as_postgres() { setpriv --reuid postgres --regid postgres --clear-groups env -i "PATH=$PATH" LC_ALL=C "$@"; }
as_postgres initdb -D "$STAGE/own" -U postgres -E UTF8 --locale=C --auth-host=scram-sha-256 --auth-local=trust > "$STAGE/said"
as_postgres postgres -D "$STAGE/own" -c listen_addresses=127.0.0.1 -c "unix_socket_directories=$STAGE/socket" 2> "$STAGE/own.log" &
superuser() { psql -q -h "$STAGE/socket" -U postgres -d postgres -v ON_ERROR_STOP=1; }
for _ in $(seq 300); do pg_isready -q -h db.example.org && break; sleep 0.1; done
awk '/^```/ { open = (!fenced && $0 == "```sql"); fenced = !fenced; next } open { print }' "$PAGE" > "$STAGE/roles"
superuser < "$STAGE/roles" || fault "$(cat "$STAGE/own.log")"
export PAIN_JOURNAL_MIGRATION_URL='postgres://journal_migrator:...@db.example.org/journal'
mkdir "$STAGE/moving"
cd "$STAGE/moving"
play 'Moving to a PostgreSQL of your own' 1
[ "$(stat -c %a journal.dump)" = 600 ] || fault "the dump is open"
cd "$STAGE/project"
systemctl stop pain-journal
echo 'DATABASE_URL=postgres://journal_server:...@db.example.org/journal' >> /etc/pain-journal/env
systemctl start pain-journal
[ "$(entry 1) $(note 3)" = '200 201' ] || fault "the journal did not move"
if pain-journal rotate-keys 2> "$STAGE/said"; then fault "the login that serves operates"; fi
grep -q "PAIN_JOURNAL_OPERATOR_URL must name the operator's login" "$STAGE/said" || fault "$(cat "$STAGE/said")"
pain-journal rotate-keys --operator-url postgres://journal_operator:...@db.example.org/journal 2> "$STAGE/said" ||
    fault "$(cat "$STAGE/said")"
part "a new one there"
systemctl stop pain-journal
{ echo 'DROP DATABASE journal;'; grep '^CREATE DATABASE' "$STAGE/roles"; } | superuser
play 'A PostgreSQL of your own' 1 2> "$STAGE/said" || fault "$(cat "$STAGE/said")"
grep -q 'the database is up to date' "$STAGE/said" || fault "$(cat "$STAGE/said")"
systemctl start pain-journal
[ "$(sign_in ana@example.org | field code)" = invalid_credentials ] || fault "it is no new database"

# --- Everything was played -------------------------------------------------------------------

awk '/^```/ { fenced = !fenced; if (fenced && $0 == "```sh") print section, ++count; next }
    !fenced && /^#+ / { section = $0; sub(/^#+ /, "", section); count = 0 }
    !fenced && /^File `/ { gsub(/`|:$/, ""); print }' "$PAGE" | sort > "$STAGE/blocks"
sort -u "$STAGE/played" | comm -3 "$STAGE/blocks" - > "$STAGE/forgotten"
[ ! -s "$STAGE/forgotten" ] || fault "not played: $(cat "$STAGE/forgotten")"
systemctl stop pain-journal
part "the end"
