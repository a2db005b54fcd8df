//! Makes tags of many canonical forms at once: here where that is quick, beside each other where it is slow, and with the
//! help of stewards where custody is split.
//!
//! Publishing and checking use this same path. Invariant (I8): an identifier has its tags of every live epoch, or an error
//! that says why it has none.

use std::sync::Arc;

use arc_swap::ArcSwap;
use larum_protocol::{
    kind::Canonical,
    oprf::Output,
    tag::{TagError, Tags},
};
use tokio::sync::Semaphore;
use zeroize::Zeroizing;

use crate::{
    clock::now,
    stewards::{Client, Purpose, Unanswered},
    taggers::{Epochs, Taggers},
};

/// Makes tags.
#[derive(Debug)]
pub(crate) struct Tagging {
    taggers: Arc<ArcSwap<Taggers>>,
    /// Who asks stewards; none where nobody is there to be asked, in a measurement.
    stewards: Option<Arc<Client>>,
    /// One slow tag a core at a time: each takes tens of milliseconds and tens of megabytes.
    slow: Arc<Semaphore>,
}

/// Why an identifier has no tags.
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum NoTags {
    /// The policy or the salts do not allow it.
    #[error(transparent)]
    Tag(#[from] TagError),
    /// Too few stewards answered.
    #[error("{0}")]
    Stewards(#[from] Unanswered),
    /// The node is stopping.
    #[error("the node is stopping")]
    Stopping,
}

/// The tags of one identifier in every live epoch.
pub(crate) type Tagged = Result<Vec<Tags>, NoTags>;

impl Tagging {
    pub(crate) fn new(taggers: Arc<ArcSwap<Taggers>>, stewards: Option<Arc<Client>>) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self { taggers, stewards, slow: Arc::new(Semaphore::new(cores)) }
    }

    /// The tags of each form, in order. Those that take stewards are asked for together.
    pub(crate) async fn tags(&self, forms: Vec<Canonical>, purpose: Purpose) -> Vec<Tagged> {
        let (taggers, today) = (self.taggers.load_full(), now().day());
        let is_quick = |form: &Canonical| !taggers.is_slow(form.kind());
        if taggers.split_epochs(today).next().is_none() && forms.iter().all(is_quick) {
            let none = Epochs::new();
            return forms.iter().map(|form| Ok(taggers.tags(form, &none, today)?)).collect();
        }
        let mut outputs: Vec<Result<Epochs<Vec<Output>>, NoTags>> = forms.iter().map(|_| Ok(Epochs::new())).collect();
        for epoch in taggers.split_epochs(today) {
            let asked = forms.iter().map(|form| taggers.inputs(form, epoch, today)).collect();
            self.ask(epoch, asked, purpose, &mut outputs).await;
        }
        let made = forms.into_iter().zip(outputs).map(|(form, outputs)| self.made(&taggers, form, outputs));
        futures::future::join_all(made).await
    }

    /// Asks stewards about all forms at once, and shares out what they say.
    async fn ask(
        &self,
        epoch: u32,
        inputs: Vec<Vec<Zeroizing<Vec<u8>>>>,
        purpose: Purpose,
        outputs: &mut [Result<Epochs<Vec<Output>>, NoTags>],
    ) {
        let counts: Vec<usize> = inputs.iter().map(Vec::len).collect();
        let inputs: Vec<Zeroizing<Vec<u8>>> = inputs.into_iter().flatten().collect();
        if inputs.is_empty() {
            return;
        }
        let answered = match &self.stewards {
            Some(stewards) => stewards.outputs(epoch, &inputs, purpose).await,
            None => Err(Unanswered::Unable),
        };
        let mut answered = answered.map(Vec::into_iter);
        let concerned = counts.into_iter().zip(outputs).filter(|(count, _)| *count > 0);
        for (count, of_form) in concerned {
            match (&mut answered, of_form) {
                (Ok(answered), Ok(epochs)) => drop(epochs.insert(epoch, answered.by_ref().take(count).collect())),
                (Ok(answered), Err(_)) => drop(answered.by_ref().take(count).collect::<Vec<_>>()),
                (Err(why), of_form) => *of_form = Err(why.clone().into()),
            }
        }
    }

    /// Whether stewards help with some tags now.
    pub(crate) fn asks_stewards(&self) -> bool {
        self.taggers.load().split_epochs(now().day()).next().is_some()
    }

    async fn made(
        &self,
        taggers: &Arc<Taggers>,
        form: Canonical,
        outputs: Result<Epochs<Vec<Output>>, NoTags>,
    ) -> Tagged {
        let outputs = outputs?;
        if !taggers.is_slow(form.kind()) {
            return Ok(taggers.tags(&form, &outputs, now().day())?);
        }
        let slot = Arc::clone(&self.slow).acquire_owned().await.map_err(|_| NoTags::Stopping)?;
        let taggers = Arc::clone(taggers);
        let made = tokio::task::spawn_blocking(move || {
            let _slot = slot;
            taggers.tags(&form, &outputs, now().day())
        });
        Ok(made.await.map_err(|_| NoTags::Stopping)??)
    }
}
