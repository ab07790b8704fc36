#!/usr/bin/env bash
# Mutants of the statistics by mutmut, against the tests of this folder and the values of R: which change of a line would nobody notice?
#   bash tests/analysis/mutate.sh survival [FOLDER]    (or cox, compare; the third word keeps the work where it was)
# mutmut wants the package as a folder of its name and writes beside it, so it works on a copy. It was never run to its end yet, and
# how long a room takes is not known. `mutmut show NAME` in the copy tells one mutant.
set -euo pipefail
room=$1 work=${2:-$(mktemp -d)} top=$(git -C "$(dirname "$0")" rev-parse --show-toplevel)
mkdir -p "$work/cartwright" "$work/tests"
cp -r "$top/analysis" "$work/cartwright/"
cp -r "$top/tests/analysis" "$top/tests/reference" "$top/tests/conftest.py" "$work/tests/"
cat > "$work/pyproject.toml" <<TOML
[tool.mutmut]
source_paths = ["cartwright/"]
only_mutate = ["cartwright/analysis/methods/$room/*"]
# not: what repeats something hundreds of times, what reads other folders
pytest_add_cli_args_test_selection = ["tests/analysis", "tests/reference/test_agreement.py::test_every_value_agrees_with_r_as_promised"]
pytest_add_cli_args = [
  "-p", "no:xdist", "-k", "not orders and not order and not level",
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
"$top/.venv/bin/python" -m mutmut run --max-children 2
"$top/.venv/bin/python" -m mutmut results
echo "in $work"
