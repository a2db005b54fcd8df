//! TCP, Noise with the consortium's prologue, Yamux, and names in addresses; QUIC beside it with the feature `quic`.
//!
//! The prologue goes into the handshake's hash (Noise Protocol Framework, section 6), so a node of another consortium
//! cannot finish a handshake at all. QUIC's TLS has no prologue; there the gate alone keeps others out.

use libp2p::core::muxing::StreamMuxerBox;
use libp2p::core::transport::Boxed;
use libp2p::core::upgrade::Version;
use libp2p::identity::Keypair;
use libp2p::metrics::BandwidthTransport;
use libp2p::{PeerId, Transport, dns, noise, tcp, yamux};
use prometheus_client::registry::Registry;

use super::settings::{NOISE_PROLOGUE, YAMUX_STREAMS};
use super::{NetConfig, NetError};

type BoxedTransport = Boxed<(PeerId, StreamMuxerBox)>;

/// The transport of a node with this key in its consortium, its bytes counted in `registry` if there is one.
pub(super) fn build(
    keypair: &Keypair,
    config: &NetConfig,
    registry: Option<&mut Registry>,
) -> Result<BoxedTransport, NetError> {
    let transport = match dns::tokio::Transport::system(connections(keypair, config)?) {
        Ok(named) => named,
        Err(error) => {
            // Never a public resolver that the operator did not choose.
            tracing::warn!(%error, "no name resolver on this machine: only numeric addresses can be dialled");
            let nobody = dns::ResolverConfig::from_parts(None, Vec::new(), Vec::new());
            dns::tokio::Transport::custom(connections(keypair, config)?, nobody, dns::ResolverOpts::default())
        }
    };
    let boxed = match registry {
        Some(registry) => BandwidthTransport::new(transport, registry)
            .map(|(peer, muxer), _| (peer, StreamMuxerBox::new(muxer)))
            .boxed(),
        None => transport.boxed(),
    };
    Ok(boxed)
}

/// Authenticated, multiplexed connections to numeric addresses.
fn connections(keypair: &Keypair, config: &NetConfig) -> Result<BoxedTransport, NetError> {
    let noise = noise::Config::new(keypair)
        .map_err(|error| NetError::Setup(error.to_string()))?
        .with_prologue([NOISE_PROLOGUE, &config.consortium_id].concat());
    let mut yamux = yamux::Config::default();
    yamux.set_max_num_streams(YAMUX_STREAMS);
    let tcp = tcp::tokio::Transport::new(tcp::Config::default().nodelay(true))
        .upgrade(Version::V1Lazy)
        .authenticate(noise)
        .multiplex(yamux)
        .timeout(config.limits.handshake_wait)
        .boxed();
    Ok(beside_quic(tcp, keypair, config))
}

#[cfg(not(feature = "quic"))]
fn beside_quic(tcp: BoxedTransport, _: &Keypair, _: &NetConfig) -> BoxedTransport {
    tcp
}

#[cfg(feature = "quic")]
fn beside_quic(tcp: BoxedTransport, keypair: &Keypair, config: &NetConfig) -> BoxedTransport {
    use futures::future::Either;
    use libp2p::quic;

    let mut quic_config = quic::Config::new(keypair);
    quic_config.handshake_timeout = config.limits.handshake_wait;
    quic_config.max_concurrent_stream_limit = u32::try_from(YAMUX_STREAMS).expect("a small constant");
    let quic = quic::tokio::Transport::new(quic_config).map(|(peer, muxer), _| (peer, StreamMuxerBox::new(muxer)));
    quic.or_transport(tcp)
        .map(|either, _| match either {
            Either::Left(output) | Either::Right(output) => output,
        })
        .boxed()
}
