"""define.xml 2.1 of the data sets of one standard: what they hold, in which code lists, from where, by which method.

odmlib writes it. What a study cannot have stands there as an item without data, with the reason as its comment.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from odmlib.define_2_1 import model as define

from cartwright.warehouse.cdisc.dataset_json import group_oid, item_oid
from cartwright.warehouse.cdisc.rows import Rows
from cartwright.warehouse.cdisc.standard import CodeList, Variable, code_lists
from cartwright.warehouse.cdisc.study import About

# Name, type, publishing set and version of what the data sets follow.
_IG = {"SDTM": ("SDTMIG", "IG", "3.4"), "ADaM": ("ADaMIG", "IG", "1.3")}
_CT_VERSION = "2024-03-29"
_TYPES = {"text": "text", "datetime": "datetime", "integer": "integer", "float": "float", "date": "integer"}


def define_xml(about: About, standard: str, every: Sequence[Rows]) -> bytes:
    """The file. Its times are those of the release."""
    version = define.MetaDataVersion(
        OID=about.version_oid(standard),
        Name=f"{about.study_oid} {standard}",
        Description=_about(about, standard),
        DefineVersion="2.1.0",
    )
    version.Standards = define.Standards(Standard=_standards(standard))
    used: dict[str, set[str]] = {}
    for rows in every:
        _add(version, standard, rows, used)
    version.CodeList = [_code_list(code_lists()[name], used[name]) for name in sorted(used) if used[name]]
    study = define.Study(
        OID=f"ST.{about.study_oid}",
        GlobalVariables=define.GlobalVariables(
            StudyName=define.StudyName(_content=about.study_oid),
            StudyDescription=define.StudyDescription(_content=about.title),
            ProtocolName=define.ProtocolName(_content=about.study_oid),
        ),
        MetaDataVersion=version,
    )
    odm = define.ODM(
        FileType="Snapshot",
        FileOID=f"DEF.{about.study_oid}.{standard}.{about.release_id}",
        CreationDateTime=about.as_of,
        AsOfDateTime=about.as_of,
        ODMVersion="1.3.2",
        Originator=about.originator,
        SourceSystem="cartwright",
        SourceSystemVersion=about.version,
        Context="Other",
        Study=study,
    )
    return odm.to_xml_string(xml_declaration=True).encode()


def _about(about: About, standard: str) -> str:
    said = f"{standard} data sets of {about.title}; data cut {about.data_cut_date}; release {about.release_id}."
    return f"{said} SIMULATED: none of these patients exists." if about.is_simulated else said


def _standards(standard: str) -> list[Any]:
    name, kind, version = _IG[standard]
    terms = "SDTM" if standard == "SDTM" else "ADaM"
    return [
        define.Standard(OID="STD.IG", Name=name, Type=kind, Version=version, Status="Final"),
        define.Standard(
            OID="STD.CT", Name="CDISC/NCI", Type="CT", PublishingSet=terms, Version=_CT_VERSION, Status="Final"
        ),
    ]


def _add(version: Any, standard: str, rows: Rows, used: dict[str, set[str]]) -> None:
    data_set = rows.shaped.about
    name = data_set.name
    group = define.ItemGroupDef(
        OID=group_oid(name),
        Name=name,
        Repeating="No" if data_set.structure == "One record per subject" else "Yes",
        IsReferenceData="Yes" if data_set.kind == "TRIAL DESIGN" else "No",
        SASDatasetName=name,
        Purpose="Tabulation" if standard == "SDTM" else "Analysis",
        Structure=data_set.structure,
        StandardOID="STD.IG",
        ArchiveLocationID=f"LF.{name}",
        Description=_description(data_set.label),
        Class=define.Class(Name=data_set.kind),
        leaf=define.leaf(
            ID=f"LF.{name}", href=f"{name.lower()}.xpt", title=define.title(_content=f"{name.lower()}.xpt")
        ),
    )
    if standard == "SDTM":
        group.Domain = name
    for number, variable in enumerate(rows.variables, 1):
        _add_variable(version, group, rows, variable, number, used)
    version.ItemGroupDef.append(group)


def _add_variable(
    version: Any, group: Any, rows: Rows, variable: Variable, number: int, used: dict[str, set[str]]
) -> None:
    name = rows.shaped.about.name
    oid = item_oid(name, variable.name)
    reference = define.ItemRef(
        ItemOID=oid, OrderNumber=number, Mandatory="Yes" if variable.core == "Req" and variable.column else "No"
    )
    if variable.key_no:
        reference.KeySequence = variable.key_no
    if not any(row[number - 1] is not None for row in rows.values):
        reference.HasNoData = "Yes"
    item = define.ItemDef(
        OID=oid,
        Name=variable.name,
        DataType=_data_type(variable),
        SASFieldName=variable.name,
        Description=_description(variable.label),
    )
    if variable.type in ("text", "integer", "float", "date"):
        item.Length = rows.lengths.get(variable.name, 8)
    if variable.type == "float":
        item.SignificantDigits = 8
    if variable.type == "date":
        item.DisplayFormat = "DATE9."
    if variable.absent_because:
        item.CommentOID = f"COM.{name}.{variable.name}"
        version.CommentDef.append(
            define.CommentDef(OID=item.CommentOID, Description=_description(variable.absent_because))
        )
    _describe_origin(version, reference, item, name, variable)
    terms = {str(row[number - 1]) for row in rows.values if row[number - 1] is not None}
    if variable.codelist and terms:
        item.CodeListRef = define.CodeListRef(CodeListOID=f"CL.{variable.codelist}")
        used.setdefault(variable.codelist, set()).update(terms)
    group.ItemRef.append(reference)
    version.ItemDef.append(item)


def _describe_origin(version: Any, reference: Any, item: Any, data_set: str, variable: Variable) -> None:
    if variable.absent_because:
        return
    origin = define.Origin(Type=variable.origin)
    if variable.origin == "Collected":
        origin.Source = "Investigator"
    elif variable.origin in ("Derived", "Assigned"):
        origin.Source = "Sponsor"
    if variable.method and variable.origin == "Derived":
        reference.MethodOID = f"MT.{data_set}.{variable.name}"
        version.MethodDef.append(
            define.MethodDef(
                OID=reference.MethodOID,
                Name=f"Method of {data_set}.{variable.name}",
                Type="Computation",
                Description=_description(variable.method),
            )
        )
    elif variable.method:
        origin.Description = _description(variable.method)
    item.Origin.append(origin)


def _data_type(variable: Variable) -> str:
    return "partialDatetime" if variable.type == "datetime" else _TYPES[variable.type]


def _code_list(code_list: CodeList, terms: set[str]) -> Any:
    """The terms of a list that the data sets hold; what the list does not have is marked as added."""
    found = define.CodeList(OID=f"CL.{code_list.name}", Name=code_list.label, DataType="text")
    if code_list.nci_code:
        found.StandardOID = "STD.CT"
        found.Alias.append(define.Alias(Context="nci:ExtCodeID", Name=code_list.nci_code))
    else:
        found.IsNonStandard = "Yes"
    decodes = {term.term: term.decode for term in code_list.terms}
    for term in sorted(terms):
        item = define.CodeListItem(
            CodedValue=term, Decode=define.Decode(TranslatedText=_texts(decodes.get(term) or term))
        )
        if term not in decodes:
            item.ExtendedValue = "Yes"
        found.CodeListItem.append(item)
    return found


def _description(text: str) -> Any:
    return define.Description(TranslatedText=_texts(text))


def _texts(text: str) -> list[Any]:
    return [define.TranslatedText(lang="en", _content=text)]
