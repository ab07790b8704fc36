"""The words of the simulated hospital: laboratory tests, the units it reports in, drugs, products, regimens.

Only what a hospital would know. Units: `unit` is the standard (UCUM) one; `habits` are the others the laboratory
sometimes writes, each with the exact factor that turns a value in it into the standard unit.
"""

from __future__ import annotations

from typing import NamedTuple


class LabTest(NamedTuple):
    """One test: CDISC short name, LOINC, standard UCUM unit, normal limits in it, decimals, other units -> factor."""

    lbtestcd: str
    name: str
    loinc_code: str
    unit: str
    low: float | None
    high: float
    decimals: int
    specimen: str
    habits: dict[str, float]
    mass_loinc_code: str | None = None  # of a test in moles, when it is reported in grams

    def loinc_of(self, unit: str) -> str:
        """LOINC of the test in a unit: LOINC has a code for mass and one for amount of substance."""
        return self.mass_loinc_code if self.mass_loinc_code and unit.startswith("mg") else self.loinc_code


_COUNT = {"10^9/L": 1.0, "K/uL": 1.0, "/uL": 0.001}
_ENZYME = {"IU/L": 1.0, "ukat/L": 60.0}

LAB_TESTS: dict[str, LabTest] = {  # by local code
    "WBC": LabTest("WBC", "Leukocytes", "6690-2", "10*9/L", 3.5, 9.5, 2, "blood", _COUNT),
    "ANC": LabTest("NEUT", "Neutrophils", "751-8", "10*9/L", 1.8, 6.3, 2, "blood", _COUNT),
    "ALC": LabTest("LYM", "Lymphocytes", "731-0", "10*9/L", 1.1, 3.2, 2, "blood", _COUNT),
    "HB": LabTest("HGB", "Hemoglobin", "718-7", "g/L", 115, 170, 0, "blood", {"g/dL": 10.0}),
    "PLT": LabTest("PLAT", "Platelets", "777-3", "10*9/L", 125, 350, 0, "blood", {"10^9/L": 1.0, "K/uL": 1.0}),
    "ALT": LabTest("ALT", "Alanine aminotransferase", "1742-6", "U/L", 7, 40, 0, "serum", _ENZYME),
    "AST": LabTest("AST", "Aspartate aminotransferase", "1920-8", "U/L", 13, 35, 0, "serum", _ENZYME),
    "TBIL": LabTest("BILI", "Bilirubin", "14631-6", "umol/L", 3, 21, 1, "serum", {"mg/dL": 17.1}, "1975-2"),
    "CREA": LabTest("CREAT", "Creatinine", "14682-9", "umol/L", 41, 97, 0, "serum", {"mg/dL": 88.4}, "2160-0"),
    "LDH": LabTest("LDH", "Lactate dehydrogenase", "2532-0", "U/L", 120, 250, 0, "serum", _ENZYME),
    "ALB": LabTest("ALB", "Albumin", "1751-7", "g/L", 40, 55, 1, "serum", {"g/dL": 10.0}),
    "K": LabTest("K", "Potassium", "2823-3", "mmol/L", 3.5, 5.3, 2, "serum", {"meq/L": 1.0}),
    "CRP": LabTest("CRP", "C-reactive protein", "1988-5", "mg/L", None, 8, 1, "serum", {"mg/dL": 10.0}),
    "IL6": LabTest("IL6", "Interleukin 6", "26881-3", "pg/mL", None, 7, 2, "serum", {"ng/L": 1.0}),
    "TNFA": LabTest("TNFA", "Tumor necrosis factor alpha", "3074-2", "pg/mL", None, 12, 2, "serum", {"ng/L": 1.0}),
    "IL10": LabTest("IL10", "Interleukin 10", "26848-2", "pg/mL", None, 9, 2, "serum", {"ng/L": 1.0}),
    "FERR": LabTest("FERRITN", "Ferritin", "2276-4", "ug/L", 13, 400, 1, "serum", {"ng/mL": 1.0}),
    "FIB": LabTest("FIBRINO", "Fibrinogen", "3255-7", "g/L", 2.0, 4.0, 2, "plasma", {"mg/dL": 0.01}),
    "APTT": LabTest("APTT", "Activated partial thromboplastin time", "14979-9", "s", 23, 37, 1, "plasma", {"sec": 1.0}),
}

CBC = ("WBC", "ANC", "ALC", "HB", "PLT")
CHEMISTRY = ("ALT", "AST", "TBIL", "CREA", "LDH", "ALB", "K")
INFLAMMATION = ("CRP", "IL6", "TNFA", "IL10", "FERR")
COAGULATION = ("FIB", "APTT")

DRUG_CLASS: dict[str, str] = {
    **dict.fromkeys(("rituximab", "obinutuzumab"), "antibody"),
    **dict.fromkeys(
        (
            "cyclophosphamide",
            "doxorubicin",
            "vincristine",
            "etoposide",
            "ifosfamide",
            "carboplatin",
            "cisplatin",
            "oxaliplatin",
            "gemcitabine",
            "cytarabine",
            "methotrexate",
            "bendamustine",
            "fludarabine",
            "liposomal_doxorubicin",
            "mitoxantrone",
            "carmustine",
            "melphalan",
        ),
        "chemotherapy",
    ),
    "polatuzumab": "pola",
    "venetoclax": "bcl2i",
    **dict.fromkeys(("orelabrutinib", "zanubrutinib", "ibrutinib"), "btki"),
    "lenalidomide": "lenalidomide",
    **dict.fromkeys(("tislelizumab", "sintilimab", "pembrolizumab"), "icpi"),
    "selinexor": "xpo1i",
    "chidamide": "other",
    "trial_agent": "trial",
    **dict.fromkeys(("prednisone", "dexamethasone", "methylprednisolone"), "steroid"),
    **dict.fromkeys(("tocilizumab", "acetaminophen", "levetiracetam", "allopurinol"), "supportive"),
}
NOT_ANTI_LYMPHOMA = frozenset({"steroid", "supportive"})  # a drug of these classes is no anti-lymphoma therapy

DRUG_DOSE: dict[str, tuple[float, str]] = {
    "rituximab": (375, "mg/m2"),
    "obinutuzumab": (1000, "mg"),
    "cyclophosphamide": (750, "mg/m2"),
    "doxorubicin": (50, "mg/m2"),
    "vincristine": (1.4, "mg/m2"),
    "etoposide": (100, "mg/m2"),
    "ifosfamide": (1500, "mg/m2"),
    "carboplatin": (450, "mg"),
    "cisplatin": (75, "mg/m2"),
    "oxaliplatin": (100, "mg/m2"),
    "gemcitabine": (1000, "mg/m2"),
    "cytarabine": (2000, "mg/m2"),
    "methotrexate": (3000, "mg/m2"),
    "bendamustine": (90, "mg/m2"),
    "fludarabine": (30, "mg/m2"),
    "liposomal_doxorubicin": (30, "mg/m2"),
    "mitoxantrone": (8, "mg/m2"),
    "carmustine": (300, "mg/m2"),
    "melphalan": (140, "mg/m2"),
    "polatuzumab": (1.8, "mg/kg"),
    "venetoclax": (400, "mg"),
    "orelabrutinib": (150, "mg"),
    "zanubrutinib": (160, "mg"),
    "ibrutinib": (560, "mg"),
    "lenalidomide": (25, "mg"),
    "tislelizumab": (200, "mg"),
    "sintilimab": (200, "mg"),
    "pembrolizumab": (200, "mg"),
    "selinexor": (60, "mg"),
    "chidamide": (30, "mg"),
    "trial_agent": (100, "mg"),
    "prednisone": (100, "mg"),
    "dexamethasone": (10, "mg"),
    "methylprednisolone": (80, "mg"),
    "tocilizumab": (8, "mg/kg"),
    "acetaminophen": (500, "mg"),
    "levetiracetam": (500, "mg"),
    "allopurinol": (300, "mg"),
}

REGIMENS: dict[str, tuple[str, ...]] = {
    "R-CHOP": ("rituximab", "cyclophosphamide", "doxorubicin", "vincristine", "prednisone"),
    "R-ICE": ("rituximab", "ifosfamide", "carboplatin", "etoposide"),
    "R-GemOx": ("rituximab", "gemcitabine", "oxaliplatin"),
    "R-DHAP": ("rituximab", "dexamethasone", "cytarabine", "cisplatin"),
    "R-MTX": ("rituximab", "methotrexate"),
    "DA-EPOCH": ("etoposide", "vincristine", "doxorubicin", "cyclophosphamide", "prednisone"),
    "BEAM": ("carmustine", "etoposide", "cytarabine", "melphalan"),
    "Pola-BR": ("polatuzumab", "bendamustine", "rituximab"),
    "Pola-R-GemOx": ("polatuzumab", "rituximab", "gemcitabine", "oxaliplatin"),
    "Pola-ZR": ("polatuzumab", "zanubrutinib", "rituximab"),
    "Len-R": ("lenalidomide", "rituximab"),
    "Tislelizumab-GemOx": ("tislelizumab", "gemcitabine", "oxaliplatin"),
    "Sintilimab": ("sintilimab",),
    "Ven-R": ("venetoclax", "rituximab"),
    "Ven-Orela": ("venetoclax", "orelabrutinib"),
    "Zanubrutinib-R": ("zanubrutinib", "rituximab"),
    "Orelabrutinib": ("orelabrutinib",),
    "GemOx": ("gemcitabine", "oxaliplatin"),
    "ICE": ("ifosfamide", "carboplatin", "etoposide"),
    "Lipo-doxorubicin": ("liposomal_doxorubicin", "cyclophosphamide"),
    "Mitoxantrone-Ara-C": ("mitoxantrone", "cytarabine"),
    "Pola-R-CHP": ("polatuzumab", "rituximab", "cyclophosphamide", "doxorubicin", "prednisone"),
    "Ven-Obi": ("venetoclax", "obinutuzumab"),
    "Zanubrutinib": ("zanubrutinib",),
    "Len-Dex": ("lenalidomide", "dexamethasone"),
    "Trial": ("trial_agent",),
    "Dexamethasone": ("dexamethasone",),
}
PRIOR_REGIMENS = ("R-CHOP", "R-ICE", "R-GemOx", "R-DHAP", "R-MTX", "DA-EPOCH")
INDEX_REGIMENS: dict[str, tuple[str, ...]] = {  # regimens whose stratum is the key
    "pola": ("Pola-BR", "Pola-R-GemOx", "Pola-ZR"),
    "icpi": ("Tislelizumab-GemOx", "Sintilimab"),
    "bcl2i": ("Ven-R", "Ven-Orela"),
    "btki": ("Zanubrutinib-R", "Orelabrutinib"),
    "lenalidomide": ("Len-R",),
    "chemotherapy": ("GemOx", "ICE", "Lipo-doxorubicin", "Mitoxantrone-Ara-C"),
}
CLASS_DRUG = {
    "bcl2i": "venetoclax",
    "btki": "zanubrutinib",
    "lenalidomide": "lenalidomide",
    "xpo1i": "selinexor",
    "chemotherapy": "etoposide",
}
TABLETS = frozenset(
    {
        "venetoclax",
        "orelabrutinib",
        "zanubrutinib",
        "ibrutinib",
        "lenalidomide",
        "selinexor",
        "chidamide",
        "prednisone",
        "dexamethasone",
        "allopurinol",
        "levetiracetam",
    }
)

PRODUCTS: tuple[dict, ...] = (
    {
        "product_code": "CART19-M41BB",
        "target_antigen": "CD19",
        "scfv_origin": "murine",
        "generation_no": 2,
        "costimulatory_domain": "4-1BB",
        "signalling_domain": "CD3-zeta",
    },
    {
        "product_code": "CART19-H41BB",
        "target_antigen": "CD19",
        "scfv_origin": "humanised",
        "generation_no": 2,
        "costimulatory_domain": "4-1BB",
        "signalling_domain": "CD3-zeta",
    },
    {
        "product_code": "CART19-M28",
        "target_antigen": "CD19",
        "scfv_origin": "murine",
        "generation_no": 2,
        "costimulatory_domain": "CD28",
        "signalling_domain": "CD3-zeta",
    },
    {
        "product_code": "CART19-EXT",
        "target_antigen": "CD19",
        "scfv_origin": None,
        "generation_no": 2,
        "costimulatory_domain": "4-1BB",
        "signalling_domain": "CD3-zeta",
    },
    {
        "product_code": "CART20-41BB",
        "target_antigen": "CD20",
        "scfv_origin": "murine",
        "generation_no": 2,
        "costimulatory_domain": "4-1BB",
        "signalling_domain": "CD3-zeta",
    },
    {
        "product_code": "CART22-41BB",
        "target_antigen": "CD22",
        "scfv_origin": "humanised",
        "generation_no": 2,
        "costimulatory_domain": "4-1BB",
        "signalling_domain": "CD3-zeta",
    },
)
ELIGIBLE_CD19 = "CART19-M41BB"
