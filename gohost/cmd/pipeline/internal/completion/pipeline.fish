# Completion of pipeline in fish: pipeline completion fish > ~/.config/fish/completions/pipeline.fish
function __pipeline_complete
    set -l words (commandline -opc) (commandline -ct)
    set -l lines (command $words[1] __complete $words[2..-1] 2>/dev/null)
    # Names of files follow the = of a flag.
    set -l flag (string match -r -- '^--[^=]*=' (commandline -ct))
    set -l name (string replace -r -- '^--[^=]*=' '' (commandline -ct))
    switch "$lines[1]"
        case files
            printf '%s\n' "$flag"(__fish_complete_path "$name")
        case directories
            printf '%s\n' "$flag"(__fish_complete_directories "$name" '')
        case words
            printf '%s\n' $lines[2..-1]
    end
end
complete -c pipeline -f -a '(__pipeline_complete)'
