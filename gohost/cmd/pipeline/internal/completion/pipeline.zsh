#compdef pipeline
# Completion of pipeline in zsh. In ~/.zshrc, after compinit: source <(pipeline completion zsh)
_pipeline() {
	local line
	local -a lines found
	lines=("${(@f)$(command "${(Q)words[1]}" __complete "${(@Q)words[2,CURRENT]}" 2>/dev/null)}")
	case $lines[1] in
	files | directories)
		compset -P '--*='
		[[ $lines[1] = directories ]] && _files -/ || _files
		;;
	words)
		for line in "${(@)lines[2,-1]}"; do
			if [[ $line = *$'\t'* ]]; then
				found+=("${${line%%$'\t'*}//:/\\:}:${line#*$'\t'}")
			elif [[ -n $line ]]; then
				found+=("${line//:/\\:}")
			fi
		done
		_describe -V pipeline found
		;;
	esac
}
if [[ $funcstack[1] = _pipeline ]]; then
	_pipeline "$@"
else
	compdef _pipeline pipeline
fi
