#!/usr/bin/env bash
# Mutants of the statistics by mutmut, against the tests of this folder and the values of R: which change of a line would nobody notice?
#   bash tests/analysis/mutate.sh "survival/rmst cox" [FOLDER]    (files of analysis/methods and rooms: survival, cox, compare)
# mutmut wants the package as a folder of its name and writes beside it, so it works on a copy, which FOLDER keeps where it was.
# Every mutant is a fork of one process, so what the tests remember between them is forgotten first. It takes seconds for each
# survivor: examples of Hypothesis are few. `mutmut show NAME` in the copy tells one mutant.
set -euo pipefail
work=${2:-$(mktemp -d)} top=$(git -C "$(dirname "$0")" rev-parse --show-toplevel)
files=
for what in $1; do
  [[ -d $top/analysis/methods/$what ]] && what="$what/*" || what="$what.py"
  files+="\"cartwright/analysis/methods/$what\", "
done
mkdir -p "$work/cartwright" "$work/tests"
cp -r "$top/analysis" "$work/cartwright/"
cp -r "$top/tests/analysis" "$top/tests/reference" "$top/tests/conftest.py" "$work/tests/"
cat >> "$work/tests/conftest.py" <<PY


settings.register_profile("mutants", parent=settings.get_profile("ci"), max_examples=10)
settings.load_profile("mutants")


@pytest.fixture(autouse=True)
def nothing_is_remembered():
    import ours

    ours.values_of.cache_clear()
PY
cat > "$work/pyproject.toml" <<TOML
[tool.mutmut]
source_paths = ["cartwright/"]
only_mutate = [$files]
do_not_mutate_patterns = ["^ *raise "] # the words of a message
# not: what repeats something hundreds of times, what reads other folders
pytest_add_cli_args_test_selection = ["tests/analysis", "tests/reference/test_agreement.py"]
pytest_add_cli_args = [
  "-p", "no:xdist", "-m", "not slow", "-k", "not two_hundred and not public_data_sets and not known_differences and not published_page",
  "--ignore=tests/analysis/test_monte_carlo.py", "--ignore=tests/analysis/test_operating_characteristics.py",
  "--ignore=tests/analysis/test_order.py", "--ignore=tests/analysis/test_listed_mutants.py",
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
echo "in $work"
"$top/.venv/bin/python" "$top/tests/analysis/survivors.py" "$work"
