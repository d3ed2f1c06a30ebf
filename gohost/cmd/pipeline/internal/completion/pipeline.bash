# Completion of pipeline in bash, 3.2 or later. In ~/.bashrc: source <(pipeline completion bash)
_pipeline() {
	local line kind='' word=${COMP_WORDS[COMP_CWORD]}
	[ "$word" = '=' ] && word=''
	COMPREPLY=()
	while IFS= read -r line; do
		if [ -z "$kind" ]; then
			kind=$line
		else
			COMPREPLY+=("${line%%$'\t'*}")
		fi
	done < <(command "${COMP_WORDS[0]}" __complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
	case $kind in
	files | directories)
		compopt -o filenames 2>/dev/null
		local action=-f
		[ "$kind" = directories ] && action=-d
		while IFS= read -r line; do
			COMPREPLY+=("$line")
		done < <(compgen "$action" -- "$word")
		;;
	esac
}
complete -F _pipeline pipeline
