use super::KindError;
use super::canonical::{Form, Notes};
use super::identifier::Input;
pub(super) fn form(_: Input<'_>, _: &mut Notes) -> Result<Form, KindError> {
    Err(KindError::Empty)
}
