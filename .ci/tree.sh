# SPDX-License-Identifier: BSL-1.0
# What the tree must be. Sourced by .ci/run, which calls these checks.

headers_stand_alone() {
    local header bad=0
    for header in runtime/weft/*.hpp channel/weft/*.hpp; do
        echo "#include <weft/${header##*/}>" |
            ${CXX:-c++} -std=c++20 -Wall -Wextra -Wshadow -Werror -Iruntime -Ichannel -fsyntax-only -x c++ - || bad=1
    done
    return $bad
}

every_file_names_its_licence() {
    local file bad=0
    for file in $(git ls-files '*.cpp' '*.hpp' '*.py' '*.sh' '*/run' '*meson*' '.clang*'); do
        head -n 5 "$file" | grep -q 'SPDX-License-Identifier: BSL-1.0' || { echo "no licence: $file" && bad=1; }
    done
    return $bad
}

# demos/ and tests/ know channel/, channel/ knows runtime/, and only the context knows Boost.
rooms_are_kept() {
    local header bad=0
    grep -rnE '#include [<"]boost' runtime channel demos tests --include=*.[ch]pp |
        grep -vE '^(runtime/context|tests/context|tests/bench/|(demos|tests)/hosts/asio)' && bad=1
    for header in channel/weft/*.hpp; do
        grep -rnF "#include <weft/${header##*/}>" runtime && bad=1
    done
    grep -rnE '^ *# *if' runtime channel --include=*.[ch]pp |
        grep -vE '^runtime/(weft/)?(context|stack|reactor|export)' && bad=1
    return $bad
}

every_test_is_listed() {
    local file name bad=0
    for file in $(git ls-files 'tests/*.cpp' 'tests/demos/*.py' 'tests/recipes/*.py'); do
        name=$(basename "${file%.*}")
        case $file in
        */main.cpp | */support.py | */*_support.py) continue ;;
        esac
        grep -qE "'(${name%_test}|$name\.cpp)'" "$(dirname "${file/demos/.}")/meson.build" || { echo "not listed: $file" && bad=1; }
    done
    return $bad
}

files_are_short() {
    wc -l $(git ls-files '*.cpp' '*.hpp' '*.py' '*.sh' '*/run' '*meson.build') |
        awk '$2 != "total" && $1 > 300 {print "over 300 lines: " $2; bad = 1} END {exit bad}'
}

formatted() {
    local file bad=0
    for file in $(git ls-files '*.cpp' '*.hpp'); do
        clang-format-16 --dry-run -Werror "$file" 2>/dev/null || { echo "not formatted: $file" && bad=1; }
    done
    return $bad
}

tidy() {
    printf '%s\0' runtime/*.cpp channel/*.cpp |
        xargs -0 -n 1 -P "$(nproc)" clang-tidy -p "$out/clang-shared" --quiet --warnings-as-errors='*'
}
