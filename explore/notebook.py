"""A first notebook: one analysis of a study's plan, run once more and run otherwise. Change it as you like.

`cartwright notebook` opens a copy of it, `python study_notebook.py` runs that copy without a browser.
"""

import marimo

__generated_with = "0.25.2"
app = marimo.App(width="medium", app_title="A study in a notebook")


@app.cell
def _():
    import marimo as mo

    from cartwright.analysis.face import compare, draw, plan, rerun, rows, stored, tables
    from cartwright.explore import open_study

    return compare, draw, mo, open_study, plan, rerun, rows, stored, tables


@app.cell
def _(mo, open_study):
    study = open_study()  # the current release, read-only; open_study("its id") where the house has several studies
    kind = "**Simulated data.** " if study.about["is_simulated"] else ""
    mo.md(f"# {study.about['title']}\n\n{kind}Release `{study.about['release_id']}`.")
    return (study,)


@app.cell
def _(plan, study):
    declared = plan(study)
    declared
    return (declared,)


@app.cell
def _(declared, mo):
    curves = list(declared[(declared["kind"] == "km") & (declared["months"] != "")]["analysis_id"])
    chosen = mo.ui.dropdown(curves, value=curves[0], label="Analysis")
    chosen
    return (chosen,)


@app.cell
def _(chosen, compare, mo, rerun, stored, study):
    again = rerun(study, chosen.value)
    same = compare(stored(study, chosen.value), again)
    equal = f"{int(same['is_equal'].sum())} of {len(same)}"
    mo.md(f"Computed anew: of the stored statistics {equal} are equal to the last digit.")
    return (same,)


@app.cell
def _(chosen, rerun, study):
    # population=..., subgroup=[("column", ">=", 65)], endpoint=..., group=..., levels=[...], months=[...]
    otherwise = rerun(study, chosen.value, months=[6, 12, 24])
    return (otherwise,)


@app.cell
def _(draw, otherwise):
    draw(otherwise)
    return


@app.cell
def _(otherwise, tables):
    tables(otherwise)[0]
    return


@app.cell
def _(compare, chosen, otherwise, stored, study):
    compare(stored(study, chosen.value), otherwise)
    return


@app.cell
def _(mo, otherwise, rows):
    mo.md(f"As rows that the study's plan can hold:\n\n```yaml\n{rows(otherwise)}\n```")
    return


if __name__ == "__main__":
    app.run()
