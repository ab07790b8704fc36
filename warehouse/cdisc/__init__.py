"""The release as CDISC data sets, for statisticians: Dataset-JSON, XPT, define.xml, ARS and a reviewer's guide.

What a data set holds is SQL and tables beside the models (sql/cdisc); here it is run on a release, checked and written.
"""
