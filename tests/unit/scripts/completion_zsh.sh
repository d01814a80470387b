#!/bin/bash
# SPDX-License-Identifier: MIT
#
# What zsh completes after "dmaring": one with a terminal is given the keys.

top=$(cd "$(dirname "$0")/../../.." && pwd) || exit
# shellcheck source=tests/lib/tap.sh
. "$top/tests/lib/tap.sh"

command -v zsh >/dev/null || {
	echo "1..0 # SKIP zsh is not installed"
	exit
}
home=$(mktemp -d)
trap 'rm -rf "$home"' EXIT
mkdir "$home/functions" "$home/bin"
cp "$top/scripts/packaging/dmaring.zsh-completion" "$home/functions/_dmaring"
# No card is there; the words and options are those of the command.
cat >"$home/bin/dmaring" <<EOF
#!/bin/sh
case "\$1 \$2" in
"controls --list-names") printf '%s\n' ExposureTime Gain ;;
*) exec "$top/build/bin/dmaring" "\$@" ;;
esac
EOF
chmod +x "$home/bin/dmaring"

cat >"$home/.zshrc" <<EOF
PS1= LISTMAX=1000
PATH=$home/bin:\$PATH
fpath=($home/functions \$fpath)
setopt no_beep
stty cols 200 rows 1000
autoload -U compinit
compinit -D -u
finish() { print -r -- "<\$BUFFER>END"; BUFFER=; }
zle -N finish
bindkey ^X finish
print READY
EOF

# What is on the screen after these keys.
# shellcheck disable=SC2016 # zsh expands it
complete_after() # KEYS
{
	ZDOTDIR=$home TERM=dumb timeout -s KILL 120 zsh -f -c '
		seen() { # TEXT: read until it comes
			local all= part
			while [[ $all != *$1* ]] && zpty -r shell part; do
				all+=$part
			done
			print -r -- $all
		}
		zmodload zsh/zpty
		zpty shell "zsh -d -i"
		seen READY >/dev/null
		zpty -w -n shell "$1"$'\''\x18'\''
		seen ">END"
	' - "$1" 2>&1 | tr -d '\r'
}

tab=$'\t'
like "$(complete_after "dmaring cap$tab")" '<dmaring capture >' "a word"
like "$(complete_after "dmaring list --js$tab")" '<dmaring list --json *>' "an option"
like "$(complete_after "dmaring $tab$tab")" 'view .*-- show the newest frame' "words with what they do"
like "$(complete_after "dmaring capture --w$tab$tab")" '--watermark-time .*-- or when the oldest' \
	"options with their help"
like "$(complete_after "dmaring set Ex$tab")" '<dmaring set ExposureTime=>' "a control"
like "$(complete_after "dmaring help ver$tab")" '<dmaring help ver' "words after help"
done_testing
