#!/usr/bin/env python3
"""Sets the two fictional resumes of this folder as documents, by the programs that applicants use.

    tests/documents/make.py

writes resume.chrome.pdf, resume.latex.pdf, resume.docx, resume.txt and reported.docx beside this file, and what pdftotext
makes of the PDFs. `larum demo` carries the first and the last in itself. Needs chromium, pdflatex (texlive-latex-base,
texlive-fonts-recommended), pdftotext (poppler-utils) and python-docx. The documents are committed: what a test reads must
not depend on which version of these is installed.
"""

import html
import pathlib
import re
import shutil
import subprocess
import tempfile

import docx

HERE = pathlib.Path(__file__).resolve().parent


def blocks(name):
    """The parts of a resume: (style, text), each style one of title, section, job, item and text."""
    text = (HERE / f"{name}.md").read_text()
    styles = {"# ": "title", "## ": "section", "### ": "job", "- ": "item"}
    for paragraph in re.split(r"\n\n+|\n(?=- )", text.strip()):
        mark = next((mark for mark in styles if paragraph.startswith(mark)), "")
        style = styles.get(mark, "text")
        # The contact lines under a name stay lines; other paragraphs flow.
        lines = [line.strip() for line in paragraph[len(mark):].split("\n")]
        contact = any("@" in line for line in lines)
        yield style, ("\n" if contact else " ").join(lines)


def chrome(parts, to):
    tags = {"title": "h1", "section": "h2", "job": "h3", "item": "li", "text": "p"}
    rows = "\n".join(f"<{tags[style]}>{html.escape(text).replace(chr(10), '<br>')}</{tags[style]}>" for style, text in parts)
    css = "body{font:11pt Georgia,serif;margin:1.5cm;hyphens:auto}h2{border-bottom:1px solid}li{margin-left:1em}"
    page = f"<!doctype html><html lang=en><meta charset=utf-8><title>Resume</title><style>{css}</style>{rows}"
    with tempfile.TemporaryDirectory() as folder:
        source = pathlib.Path(folder) / "resume.html"
        source.write_text(page)
        flags = ["--headless", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer", f"--user-data-dir={folder}/profile"]
        subprocess.run(["chromium", *flags, f"--print-to-pdf={to}", source.as_uri()], check=True, capture_output=True)


def latex(parts, to):
    escape = lambda text: re.sub(r"([&%$#_{}])", r"\\\1", text).replace("\n", r"\\ ")
    forms = {
        "title": r"\begin{center}\LARGE %s\end{center}",
        "section": r"\section*{%s}",
        "job": r"\subsection*{%s}",
        "item": r"\noindent\textbullet\ %s\par\smallskip",
        "text": r"\noindent %s\par",
    }
    rows = "\n".join(forms[style] % escape(text) for style, text in parts)
    source = r"\documentclass[11pt]{article}\usepackage[margin=2.2cm]{geometry}"
    source += "\n\\begin{document}\n" + rows + "\n\\end{document}\n"
    with tempfile.TemporaryDirectory() as folder:
        (pathlib.Path(folder) / "resume.tex").write_text(source)
        command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "resume.tex"]
        subprocess.run(command, cwd=folder, check=True, capture_output=True)
        shutil.copyfile(pathlib.Path(folder) / "resume.pdf", to)


def word(parts, to):
    document = docx.Document()
    styles = {"title": "Title", "section": "Heading 1", "job": "Heading 2", "item": "List Bullet", "text": "Normal"}
    for style, text in parts:
        document.add_paragraph(text, styles[style])
    document.save(to)


def plain(parts, to):
    to.write_text("\n\n".join(text for _, text in parts) + "\n")


def main():
    resume, reported = list(blocks("resume")), list(blocks("reported"))
    chrome(resume, HERE / "resume.chrome.pdf")
    latex(resume, HERE / "resume.latex.pdf")
    word(resume, HERE / "resume.docx")
    plain(resume, HERE / "resume.txt")
    word(reported, HERE / "reported.docx")
    for pdf in HERE.glob("*.pdf"):
        subprocess.run(["pdftotext", "-layout", pdf, pdf.with_suffix(".pdftotext.txt")], check=True)

if __name__ == "__main__":
    main()
