#!/usr/bin/env bash
# Mutants of the statistics by mutmut, against the tests of this folder and the values of R: which change of a line would nobody notice?
#   bash tests/analysis/mutate.sh survival/rmst [FOLDER]    (a file of analysis/methods, or a room: survival, cox, compare)
# mutmut wants the package as a folder of its name and writes beside it, so it works on a copy, which FOLDER keeps where it was.
# Every mutant is a fork of one process, so what the tests remember between them is forgotten first. `mutmut show NAME` in the
# copy tells one mutant.
set -euo pipefail
what=$1 work=${2:-$(mktemp -d)} top=$(git -C "$(dirname "$0")" rev-parse --show-toplevel)
[[ -d $top/analysis/methods/$what ]] && files="$what/*" || files="$what.py"
mkdir -p "$work/cartwright" "$work/tests"
cp -r "$top/analysis" "$work/cartwright/"
cp -r "$top/tests/analysis" "$top/tests/reference" "$top/tests/conftest.py" "$work/tests/"
cat >> "$work/tests/conftest.py" <<PY


@pytest.fixture(autouse=True)
def nothing_is_remembered():
    import ours

    ours.values_of.cache_clear()
PY
cat > "$work/pyproject.toml" <<TOML
[tool.mutmut]
source_paths = ["cartwright/"]
only_mutate = ["cartwright/analysis/methods/$files"]
# not: what repeats something hundreds of times, what reads other folders
pytest_add_cli_args_test_selection = ["tests/analysis", "tests/reference/test_agreement.py"]
pytest_add_cli_args = [
  "-p", "no:xdist", "-k", "not orders and not order and not level and not public and not known_differences and not page",
  "--ignore=tests/analysis/test_monte_carlo.py", "--ignore=tests/analysis/test_operating_characteristics.py",
]
mutate_only_covered_lines = true
use_git_change_detection = false
[tool.pytest.ini_options]
pythonpath = ["tests/reference"]
markers = ["slow: ", "browser: "]
TOML
cd "$work"
[[ -d tools ]] || "$top/.venv/bin/python" -m pip install --quiet --target tools mutmut==3.8.1
export PYTHONPATH="$work/tools" CI=1 # the same examples for every mutant
"$top/.venv/bin/python" -m mutmut run --max-children 1 < /dev/null | tr '\r' '\n' | grep -v '^. Running' | tail -5
"$top/.venv/bin/python" -m mutmut results
echo "in $work"
