//! What was published under an old salt can be published again under a new one, by whoever keeps it.

use harness::{Founding, Site, TestNet, email};
use larum_protocol::{
    api::{RepublishAnswer, VaultAnswer, Verdict, path},
    clock::Day,
};

#[tokio::test]
async fn what_still_stands_is_found_under_a_new_salt_once_the_vault_has_published_it_again() {
    // Given a member that keeps what it publishes, and took one of two reports back
    let keeps = |site: Site| Site { prefix: vec!["env".to_owned(), "LARUM_VAULT=true".to_owned()], ..site };
    let mut net = TestNet::lay_with(&Founding::of(2), keeps);
    net.start_all().await;
    net.settled().await;
    let (stands, withdrawn) = (email("still.stands"), email("taken.back"));
    net[0].publish(&[stands.clone(), withdrawn.clone()]).await;
    net[0].withdraw(std::slice::from_ref(&withdrawn)).await;
    net.converged().await;
    let vault: VaultAnswer = net[0].api().get(path::VAULT).await.unwrap();
    assert_eq!(vault, VaultAnswer { on: true, rows: 2, again: None });

    // when the salt is rotated
    let proposal = net.scratch().join("rotation.json");
    let (until, out) = (harness::today().plus(30).to_string(), proposal.to_str().unwrap());
    let done = net[0].cli(&["consortium", "propose", "--rotate-salt-until", &until, "--out", out]).await;
    assert_eq!(done.code, Some(0), "{}", done.err);
    let epochs = crate::roster::proposed(&proposal).roster().epochs.clone();
    let roster = net.consortium.amend(|roster| roster.epochs = epochs);
    net[0].api().offer_roster(&roster.encode()).await.unwrap();
    for node in net.nodes() {
        node.wait_until("the new epoch's salt is there", |status| {
            let lacks = status.warnings.iter().any(|warning| warning.code == "no-salt");
            (status.coverage.roster == 1 && !lacks).then_some(())
        })
        .await;
    }

    // then what still stands is published again, once, and the rest is let go
    let again: RepublishAnswer = net[0].api().post(path::VAULT_REPUBLISH, &serde_json::json!({})).await.unwrap();
    assert_eq!(again, RepublishAnswer { rows: 2, published: 1, dropped: 1, ..RepublishAnswer::default() });
    let twice: RepublishAnswer = net[0].api().post(path::VAULT_REPUBLISH, &serde_json::json!({})).await.unwrap();
    assert_eq!(twice, RepublishAnswer { rows: 1, already: 1, ..RepublishAnswer::default() });
    net.converged().await;

    // and is found when the old salt is not used any more
    let yesterday = Day(harness::today().0 - 1);
    let ended = net.consortium.amend(|roster| roster.epochs[0].until = Some(yesterday));
    net[0].api().offer_roster(&ended.encode()).await.unwrap();
    for node in net.nodes() {
        node.wait_until("the old epoch has ended", |status| (status.coverage.roster == 2).then_some(())).await;
        assert_eq!(node.verdict(&stands).await, Verdict::Listed);
        assert_eq!(node.verdict(&withdrawn).await, Verdict::Clear);
    }
}
