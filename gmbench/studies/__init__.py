"""Studies: questions that need runs of their own, such as calibration, competence and auto-induced shift."""
