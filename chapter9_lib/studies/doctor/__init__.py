"""The doctor: finds the silent failures of transfer learning by name."""

from chapter9_lib.studies.doctor.checks import CHECKS
from chapter9_lib.studies.doctor.examination import examine
from chapter9_lib.studies.doctor.report import Finding, Report

__all__ = ["CHECKS", "Finding", "Report", "examine"]
