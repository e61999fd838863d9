# SPDX-License-Identifier: Apache-2.0
# Completion for bash. In ~/.bashrc: source <distribution>/bin/hookline-completion.bash

_hookline() {
    local current=${COMP_WORDS[COMP_CWORD]} command='' word
    for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
        case $word in
            -*) ;;
            *) command=$word && break ;;
        esac
    done
    COMPREPLY=()
    case $command in
        '')
            mapfile -t COMPREPLY < <(compgen -W 'train check evaluate schedule new-hook doctor hooks status deploy undeploy enable disable set level lr checkpoint pause resume stop version help --debug --console' -- "$current")
            ;;
        help)
            mapfile -t COMPREPLY < <(compgen -W 'train check evaluate schedule new-hook doctor hooks status deploy undeploy enable disable set level lr checkpoint pause resume stop version help' -- "$current")
            ;;
        new-hook)
            [[ $current == -* ]] && mapfile -t COMPREPLY < <(compgen -W '--package --help' -- "$current")
            ;;
        deploy)
            compopt -o filenames
            mapfile -t COMPREPLY < <(compgen -d -- "$current"
                compgen -f -X '!*.jar' -- "$current")
            ;;
        undeploy | enable | disable | set | level)
            if [[ ${COMP_WORDS[COMP_CWORD-1]} == level || ${COMP_WORDS[COMP_CWORD-1]} == "$command" ]]; then
                mapfile -t COMPREPLY < <(compgen -W "$(_hookline_hooks)" -- "$current")
            elif [[ $command == level ]]; then
                mapfile -t COMPREPLY < <(compgen -W 'HIGHEST HIGHER HIGH NORMAL LOW LOWER LOWEST' -- "$current")
            fi
            ;;
        hooks)
            mapfile -t COMPREPLY < <(compgen -W '--installed --leaks --watch --json --pid' -- "$current")
            ;;
        status)
            mapfile -t COMPREPLY < <(compgen -W '--json --pid' -- "$current")
            ;;
        train | check | evaluate | schedule)
            if [[ $current == -* ]]; then
                local options='--debug --help --device --name --seed'
                [[ $command == train ]] && options+=' --output --resume --console'
                [[ $command == check ]] && options+=' --print --schema'
                [[ $command == evaluate ]] && options+=' --weights --split'
                [[ $command == schedule ]] && options+=' --png'
                mapfile -t COMPREPLY < <(compgen -W "$options" -- "$current")
            elif [[ ${COMP_WORDS[COMP_CWORD-1]} == --png ]]; then
                compopt -o filenames
                mapfile -t COMPREPLY < <(compgen -f -- "$current")
            elif [[ ${COMP_WORDS[COMP_CWORD-1]} == --weights ]]; then
                compopt -o filenames
                mapfile -t COMPREPLY < <(compgen -f -- "$current")
            elif [[ ${COMP_WORDS[COMP_CWORD-1]} == --@(output|resume) ]]; then
                compopt -o filenames
                mapfile -t COMPREPLY < <(compgen -d -- "$current")
            else
                compopt -o filenames
                mapfile -t COMPREPLY < <(compgen -d -- "$current"
                    compgen -f -X '!*.@(yaml|yml)' -- "$current"
                    _hookline_shipped "$current")
            fi
            ;;
    esac
}

# The names of the hooks of the running run.
_hookline_hooks() {
    "${COMP_WORDS[0]}" hooks --json 2>/dev/null | sed -n 's/.*"name":"\([^"]*\)".*/\1/p'
}

# The run files that come with the distribution: runs/x.yaml is found there from any folder.
_hookline_shipped() {
    local script home file
    script=$(type -P -- "${COMP_WORDS[0]}") || return
    home=$(cd -P -- "$(dirname -- "$(readlink -f -- "$script")")/.." && pwd) || return
    for file in "$home"/runs/*.yaml; do
        [[ -e $file && runs/${file##*/} == "$1"* && ! -e runs/${file##*/} ]] && printf '%s\n' "runs/${file##*/}"
    done
}

complete -F _hookline hookline ./hookline
