"""The paperwork of connecting, made from the dossier: specifications, forms, mails, drawings, reports."""
