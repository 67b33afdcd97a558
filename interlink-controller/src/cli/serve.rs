//! `interlink-controller serve`.

use std::fs::File;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio_rustls::TlsAcceptor;

use super::Serve;
use crate::controller::{Controller, now};
use crate::desk;
use crate::ending::ending;
use crate::http::{Access, Service, listen};
use crate::store::{Store, Tokens};

/// How often it is looked whether time has brought anything about.
const TICK: Duration = Duration::from_secs(5);

pub(super) fn run(serve: Serve) -> Result<()> {
    let Serve {
        database,
        inventory,
        listen,
        tls_cert,
        tls_key,
        require_tokens,
    } = serve;
    let database = database.database;
    tracing_subscriber::fmt()
        .with_env_filter(filter())
        .with_writer(std::io::stderr)
        .init();
    let inventory = super::read_inventory(&inventory)?;
    let tls = match (tls_cert, tls_key) {
        (Some(cert), Some(key)) => Some(tls(&cert, &key)?),
        (None, _) | (_, None) => None,
    };
    let is_local = listen.ip().is_loopback();
    if !is_local && tls.is_none() {
        bail!(
            "{listen} is not on loopback, and tokens would cross the network in the clear: give --tls-cert and --tls-key"
        );
    }
    // Held as long as the process lives.
    let _lock = lock(&database)?;
    let access = if require_tokens || !is_local {
        let tokens = Tokens::open(&database, now())?;
        if !tokens.any().context("the tokens can't be read")? {
            bail!(
                "there is no token yet, so nobody could ask anything: `interlink-controller token add NAME --scope full --database {}`",
                database.display()
            );
        }
        Access::Tokens(Mutex::new(tokens))
    } else {
        Access::Anybody
    };
    let store = Store::open(&database, now())?;
    let controller = Controller::start(store, inventory)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("cannot start the runtime")?;
    runtime.block_on(async move {
        let listener = TcpListener::bind(listen)
            .await
            .with_context(|| format!("cannot listen on {listen}"))?;
        let address = listener.local_addr().context("the socket has no address")?;
        let desk = desk::open(&database)?;
        let (end, ending) = ending();
        let mut terminate = signal(SignalKind::terminate()).context("cannot take signals")?;
        let mut interrupt = signal(SignalKind::interrupt()).context("cannot take signals")?;
        let scheme = if tls.is_some() { "https" } else { "http" };
        let service = Service {
            controller: controller.clone(),
            access,
            ending: ending.clone(),
        };
        let mut served = tokio::spawn(listen::serve(listener, tls, service, ending.clone()));
        tokio::spawn(desk::serve(desk, controller.clone(), ending.clone()));
        let alive = controller.clone();
        tokio::spawn(tick(controller));
        super::say(&format!("serving on {scheme}://{address}\n"))?;
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
            () = alive.ended() => bail!("what keeps changes broke: start it again, nothing that was answered is lost"),
            broke = &mut served => return broke.context("the server broke"),
        }
        end.come();
        served.await.context("the server broke")
    })
}

async fn tick(controller: Controller) {
    let mut ticks = tokio::time::interval(TICK);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        if let Err(error) = controller.tick().await {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "what time brings about isn't done"
            );
        }
    }
}

/// One controller has a database. The lock goes with the process, however it ends.
fn lock(database: &Path) -> Result<File> {
    let mut name = database.as_os_str().to_owned();
    name.push(".lock");
    let path = Path::new(&name);
    let file = File::create(path).with_context(|| {
        format!(
            "cannot make {}: the database's directory has to be there and writable",
            path.display()
        )
    })?;
    rustix::fs::flock(&file, rustix::fs::FlockOperation::NonBlockingLockExclusive)
        .with_context(|| format!("another controller has the database {}", database.display()))?;
    Ok(file)
}

fn tls(cert: &Path, key: &Path) -> Result<TlsAcceptor> {
    let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_file_iter(cert)
        .and_then(Iterator::collect)
        .with_context(|| format!("cannot read the certificate {}", cert.display()))?;
    let key_der =
        PrivateKeyDer::from_pem_file(key).with_context(|| format!("cannot read the key {}", key.display()))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(|config| config.with_no_client_auth().with_single_cert(chain, key_der))
        .with_context(|| format!("{} and {} don't go together", cert.display(), key.display()))?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

fn filter() -> tracing_subscriber::EnvFilter {
    let default = tracing_subscriber::filter::LevelFilter::INFO.into();
    tracing_subscriber::EnvFilter::builder()
        .with_default_directive(default)
        .from_env_lossy()
}
