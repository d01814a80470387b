#!/bin/sh
# SPDX-License-Identifier: MIT
#
# A kernel that cannot be had is told as skipped, with the reason; nothing else is.

top=$(cd "$(dirname "$0")/../../.." && pwd) || exit
. "$top/tests/lib/tap.sh"

tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
mkdir -p "$tree/tests/vm" "$tree/scripts/vm" "$tree/bin"
cp -r "$top/tests/lib" "$tree/tests"
cp -r "$top/tests/vm/lib" "$top/tests/vm/kernels" "$top/tests/vm/kernels.ini" "$tree/tests/vm"
cp "$top"/scripts/vm/*.py "$tree/scripts/vm"

# An apt-get for this test, before the real one.
apt_get() # what it does is read from standard input
{
	(echo "#!/bin/sh" && cat) >"$tree/bin/apt-get"
	chmod +x "$tree/bin/apt-get"
}

kernels() # NAME...
{
	said=$(PATH="$tree/bin:$PATH" "$tree/tests/vm/kernels" "$@" 2>&1)
	status=$?
}

skipped() # REGEX DESCRIPTION: the one kernel was
{
	like "$said" "skipped: .*$1" "$2: the reason is said"
	like "$said" '^0 passed, 0 failed, 1 skipped$' "$2: it is skipped"
	is $status 0 "$2: which is no failure"
}

apt_get <<'END'
echo "Ubuntu|http://mirror.invalid/ubuntu/|noble"
END
kernels 7.3
skipped 'no mirror of Debian' "no Debian"

apt_get <<'END'
case "$*" in
*indextargets*) echo "Debian|http://mirror.invalid/debian/|bookworm" ;;
*) echo "E: Failed to fetch what was asked for" >&2 && exit 100 ;;
esac
END
kernels 7.3
skipped 'apt-get says: Failed to fetch' "no network"

for complaint in "E: Write error - write (28: No space left on device)" \
	"E: Failed to fetch what was asked for  Hash Sum mismatch" \
	"W: The following signatures were invalid: BADSIG 0123456789ABCDEF"; do
	apt_get <<-END
		case "\$*" in
		*indextargets*) echo "Debian|http://mirror.invalid/debian/|bookworm" ;;
		*) echo "$complaint" >&2 && exit 100 ;;
		esac
	END
	kernels 7.3
	like "$said" '^0 passed, 1 failed, 0 skipped$' "$complaint: it fails"
	is $status 1 "and so does the run"
done

python=$(python3 -c 'import sys; print(sys.executable)')
said=$(PATH="$tree" "$python" "$tree/tests/vm/kernels" 6.12 2>&1)
status=$?
skipped 'no apt-get here' "no apt"

export CHECK_UNTIL=1
kernels 7.3
skipped 'later than CHECK_UNTIL' "no time"
unset CHECK_UNTIL

kernels 6.99
like "$said" 'no kernel called 6\.99 in .*there are .*7\.3' "a kernel that the table does not have"
is $status 2 "and that is a mistake"
ok "no report of a run that was not of all kernels" [ ! -e "$tree/build/kernels/report.md" ]
done_testing
