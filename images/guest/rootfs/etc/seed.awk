# Reads the part of #cloud-config that a guest without packages can carry out: hostname, user, password, users (name,
# passwd, plain_text_passwd), bootcmd and runcmd. Writes the files hostname, users, bootcmd, runcmd beside its input.
# https://cloudinit.readthedocs.io/en/latest/reference/modules.html
#
# Of YAML it knows what such files are made of: block mappings and lists, flow lists of words, quoted and plain scalars,
# and block scalars (|).

function indentation(line) { match(line, /^ */); return RLENGTH }

function trim(text) { sub(/^[ \t]+/, "", text); sub(/[ \t\r]+$/, "", text); return text }

# A scalar without its quotes, or without a comment behind it.
function scalar(text, quote) {
	text = trim(text)
	quote = substr(text, 1, 1)
	if (quote == "\"" && match(text, /^"([^"\\]|\\.)*"/)) {
		text = substr(text, 2, RLENGTH - 2)
		gsub(/\\"/, "\"", text); gsub(/\\n/, "\n", text); gsub(/\\t/, "\t", text); gsub(/\\\\/, "\\", text)
		return text
	}
	if (quote == "'" && match(text, /^'([^']|'')*'/)) {
		text = substr(text, 2, RLENGTH - 2)
		gsub(/''/, "'", text)
		return text
	}
	sub(/[ \t]+#.*$/, "", text)
	return text
}

function shell_word(text) { gsub(/'/, "'\\''", text); return "'" text "'" }

# The words of a flow list, quoted for the shell.
function flow_list(text, line) {
	line = ""
	text = trim(text)
	sub(/^\[/, "", text)
	while ((text = trim(text)) != "" && text !~ /^\]/) {
		if (match(text, /^"([^"\\]|\\.)*"/) || match(text, /^'([^']|'')*'/) || match(text, /^[^],]+/)) {
			line = line (line == "" ? "" : " ") shell_word(scalar(substr(text, 1, RLENGTH)))
			text = substr(text, RLENGTH + 1)
		}
		sub(/^[ \t]*,/, "", text)
		if (RLENGTH < 1) break
	}
	return line
}

function flush_user() {
	if (name != "") printf "%s\t%s\t%s\n", name, kind, secret >"users"
	name = kind = secret = ""
}

function user_field(text, field) {
	field = text
	sub(/:.*/, "", field)
	sub(/^[^:]*:/, "", text)
	if (field == "name") name = scalar(text)
	if (field == "passwd" || field == "hashed_passwd") { kind = "hash"; secret = scalar(text) }
	if (field == "plain_text_passwd") { kind = "text"; secret = scalar(text) }
}

# Lines of a block scalar, until one is indented no more than the item.
in_block && ($0 ~ /^[ \t]*$/ || indentation($0) > block_above) {
	if (block_indentation < 0 && $0 !~ /^[ \t]*$/) block_indentation = indentation($0)
	print substr($0, block_indentation + 1) >key
	next
}
{ in_block = 0 }

/^[ \t]*(#|$)/ { next }

/^[A-Za-z_][A-Za-z0-9_-]*:/ {
	key = $0
	sub(/:.*/, "", key)
	rest = $0
	sub(/^[^:]*:/, "", rest)
	if (key == "hostname") print scalar(rest) >"hostname"
	if (key == "user") default_user = scalar(rest)
	if (key == "password") { default_password = scalar(rest); has_password = 1 }
	next
}

(key == "runcmd" || key == "bootcmd") && /^[ ]*- / {
	item = $0
	sub(/^[ ]*- /, "", item)
	item = trim(item)
	if (item ~ /^[|>][+-]?$/) {
		in_block = 1
		block_above = indentation($0)
		block_indentation = -1
	} else print (item ~ /^\[/ ? flow_list(item) : scalar_command(item)) >key
	next
}

key == "users" && /^[ ]*- / {
	flush_user()
	item = $0
	sub(/^[ ]*- /, "", item)
	if (item ~ /:/) user_field(trim(item))
	next
}

key == "users" { user_field(trim($0)) }

# A plain command keeps what looks like a comment: the shell knows better.
function scalar_command(text) { return text ~ /^["']/ ? scalar(text) : trim(text) }

END {
	flush_user()
	if (default_user != "" || has_password)
		printf "%s\t%s\t%s\n", (default_user == "" ? "root" : default_user), (has_password ? "text" : ""), default_password >"users"
}
