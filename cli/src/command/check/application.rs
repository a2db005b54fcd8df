//! One application, as an applicant-tracking system writes it down: what the file names is sent as a whole.
//!
//! The file is what `POST /v1/applications` takes, and may name resume files on this machine in `resumes`: paths beside
//! the file itself. The node reads them behind its own fence.

use std::path::Path;

use data_encoding::BASE64;
use larum_node::extract::DOCUMENT_BYTES_MAX;
use larum_protocol::api::{APPLICATION_DOCUMENTS_MAX, ApplicationDocument, ApplicationRequest, Identifier};
use serde_json::{Map, Value};

use crate::{args::CheckArgs, error::Failure, files};

/// The member of the file that the node knows nothing of.
const RESUMES: &str = "resumes";

/// What a file and the flags beside it ask about.
pub(super) fn request(path: &Path, args: &CheckArgs, named: Vec<Identifier>) -> Result<ApplicationRequest, Failure> {
    let mut members: Map<String, Value> = files::read_json(path)?;
    let resumes = members.remove(RESUMES).unwrap_or_else(|| Value::Array(Vec::new()));
    // The parser's own message can quote what it stumbled over.
    let wrong = |what: &str| Failure::read(path, format_args!("not an application: {what}"));
    let resumes: Vec<String> =
        serde_json::from_value(resumes).map_err(|_| wrong("`resumes` is no list of file names"))?;
    let mut request: ApplicationRequest = serde_json::from_value(Value::Object(members)).map_err(|_| {
        wrong("a field is not known or has the wrong type").hint(
            "it may have reference, names, emails, phones, profiles, addresses, wallets, bank, identifiers, region, asset, \
             documents, resumes and watch_days",
        )
    })?;
    if request.documents.len() + resumes.len() > APPLICATION_DOCUMENTS_MAX {
        return Err(wrong("it has too many documents"));
    }
    let folder = path.parent().unwrap_or_else(|| Path::new(""));
    for name in &resumes {
        let bytes = files::read_bounded(&folder.join(name), DOCUMENT_BYTES_MAX as u64)?;
        let name = Path::new(name).file_name().map(|name| name.to_string_lossy().into_owned());
        request.documents.push(ApplicationDocument { name, data: BASE64.encode(&bytes) });
    }
    request.identifiers.extend(named);
    request.region = request.region.or_else(|| args.identifiers.region.clone());
    request.asset = request.asset.or_else(|| args.identifiers.asset.clone());
    request.reference = args.reference.clone().or(request.reference);
    request.watch_days = args.watch_days.or(request.watch_days);
    Ok(request)
}
