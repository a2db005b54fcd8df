//! A headless Chromium that is driven as a person would drive it, and says what it asked for over the network.

use std::{
    env, fs,
    path::Path,
    process::Stdio,
    time::{Duration, Instant},
};

use data_encoding::BASE64;
use fantoccini::{
    Client, ClientBuilder, Locator,
    elements::Element,
    error::CmdError,
    wd::{Capabilities, WebDriverCompatibleCommand},
};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::{Child, Command},
};

/// How long the driver may take to start, and a page to come.
const PATIENCE: Duration = Duration::from_secs(60);
/// The programs, as Debian's packages chromium and chromium-driver install them.
const DRIVER: &str = "chromedriver";

/// A browser and its driver; both end with it.
#[derive(Debug)]
pub struct Browser {
    /// What is driven.
    pub page: Client,
    _driver: Child,
}

/// A command that the WebDriver standard does not have.
#[derive(Debug)]
struct Further {
    path: &'static str,
    body: Value,
}

impl WebDriverCompatibleCommand for Further {
    fn endpoint(&self, base: &url::Url, session: Option<&str>) -> Result<url::Url, url::ParseError> {
        base.join(&format!("session/{}/{}", session.unwrap_or_default(), self.path))
    }

    fn method_and_body(&self, _: &url::Url) -> (reqwest::Method, Option<String>) {
        (reqwest::Method::POST, Some(self.body.to_string()))
    }
}

impl Browser {
    /// Starts one. `None`, said loudly, where the programs are not installed; under `CI=true` that is a failure.
    pub async fn start() -> Option<Self> {
        let driver = Command::new(DRIVER)
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn();
        let Ok(mut driver) = driver else {
            assert_ne!(env::var("CI").as_deref(), Ok("true"), "in CI nothing is skipped: chromium-driver is needed");
            eprintln!("SKIPPED: {DRIVER} is not installed");
            return None;
        };
        let mut said = BufReader::new(driver.stdout.take().expect("it is piped")).lines();
        let port = async {
            loop {
                let line = said.next_line().await.unwrap().expect("it says its port before it ends");
                if let Some((_, port)) = line.split_once("started successfully on port ") {
                    return port.trim_end_matches('.').to_owned();
                }
            }
        };
        let port = tokio::time::timeout(PATIENCE, port).await.expect("the driver starts in time");
        let Value::Object(capabilities) = json!({
            "goog:chromeOptions": {"args": ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]},
            "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"},
        }) else {
            unreachable!("it is an object")
        };
        let mut builder = ClientBuilder::new(hyper_util::client::legacy::connect::HttpConnector::new());
        builder.capabilities(Capabilities::from_iter(capabilities));
        let page = builder.connect(&format!("http://127.0.0.1:{port}")).await.expect("a session");
        Some(Self { page, _driver: driver })
    }

    /// Types into a field.
    pub async fn enter(&self, field: &str, text: &str) {
        self.with(field, async |element| element.send_keys(text).await).await;
    }

    /// Clicks what is there, and waits for it to be there.
    pub async fn click(&self, what: &str) {
        self.with(what, async |element| element.click().await).await;
    }

    /// Waits until something is not there any more: what is clicked before the next page came is lost.
    pub async fn gone(&self, what: &str) {
        let started = Instant::now();
        while !self.page.find_all(Locator::Css(what)).await.unwrap().is_empty() {
            assert!(started.elapsed() < PATIENCE, "{what} stays");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Does something with an element once it is there. One of the page before, which went just then, is looked for again.
    async fn with(&self, what: &str, act: impl AsyncFn(Element) -> Result<(), CmdError>) {
        let started = Instant::now();
        loop {
            let element = self.page.wait().at_most(PATIENCE).for_element(Locator::Css(what)).await.unwrap();
            match act(element).await {
                Err(error) if error.is_stale_element_reference() && started.elapsed() < PATIENCE => {}
                done => return done.unwrap_or_else(|error| panic!("{what}: {error}")),
            }
        }
    }

    /// Waits until the page shows a text, and gives everything that it shows.
    pub async fn shows(&self, text: &str) -> String {
        let started = Instant::now();
        loop {
            let shown = match self.page.find(Locator::Css("main")).await {
                Ok(main) => main.text().await.unwrap_or_default(),
                Err(_) => String::new(),
            };
            if shown.contains(text) {
                return shown;
            }
            assert!(started.elapsed() < PATIENCE, "the page never shows {text:?} but {shown}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// What the browser's own protocol answers to a command.
    pub async fn devtools(&self, command: &str, parameters: Value) -> Value {
        let body = json!({"cmd": command, "params": parameters});
        self.page.issue_cmd(Further { path: "goog/cdp/execute", body }).await.unwrap()
    }

    /// Every address that pages asked for since the last time.
    pub async fn asked_for(&self) -> Vec<String> {
        let body = json!({"type": "performance"});
        let log = self.page.issue_cmd(Further { path: "se/log", body }).await.unwrap();
        let messages = log.as_array().expect("a list").iter().filter_map(|entry| entry["message"].as_str());
        let events = messages.filter_map(|message| serde_json::from_str::<Value>(message).ok());
        let requests = events.filter(|event| event["message"]["method"] == "Network.requestWillBeSent");
        let address = |event: Value| event["message"]["params"]["request"]["url"].as_str().map(str::to_owned);
        requests.filter_map(address).collect()
    }

    /// Takes pictures of the whole page into a folder: light and dark as on a desktop, and light as on a narrow phone.
    pub async fn pictures(&self, folder: &Path, name: &str) {
        self.devtools("Emulation.setScrollbarsHidden", json!({"hidden": true})).await;
        for (kind, scheme, width, height) in
            [("light", "light", 1_120, 700), ("dark", "dark", 1_120, 700), ("phone", "light", 360, 740)]
        {
            let features = json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
            self.devtools("Emulation.setEmulatedMedia", features).await;
            let is_phone = kind == "phone";
            let metrics = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": is_phone});
            self.devtools("Emulation.setDeviceMetricsOverride", metrics).await;
            let size = self.devtools("Page.getLayoutMetrics", json!({})).await["cssContentSize"].take();
            assert_eq!(size["width"], width, "{name}, {kind}: nothing has to be scrolled sideways");
            let clip = json!({"x": 0, "y": 0, "width": width, "height": size["height"], "scale": 1});
            let wanted = json!({"format": "webp", "quality": 70, "captureBeyondViewport": true, "clip": clip});
            let taken = self.devtools("Page.captureScreenshot", wanted).await;
            let bytes = BASE64.decode(taken["data"].as_str().expect("a picture").as_bytes()).unwrap();
            fs::write(folder.join(format!("{name}.{kind}.webp")), bytes).unwrap();
        }
        self.devtools("Emulation.clearDeviceMetricsOverride", json!({})).await;
        self.devtools("Emulation.setScrollbarsHidden", json!({"hidden": false})).await;
    }

    /// How wide the page is on a narrow phone, and how high the smallest link in a table; in pixels of 360.
    pub async fn on_a_phone(&self) -> (u64, f64) {
        let phone = json!({"width": 360, "height": 740, "deviceScaleFactor": 1, "mobile": true});
        self.devtools("Emulation.setDeviceMetricsOverride", phone).await;
        let size = self.devtools("Page.getLayoutMetrics", json!({})).await["cssContentSize"].take();
        let links = "Math.min(99, ...Array.from(document.querySelectorAll('td a'), link => link.getBoundingClientRect().height))";
        let found = self.devtools("Runtime.evaluate", json!({"expression": links, "returnByValue": true})).await;
        self.devtools("Emulation.clearDeviceMetricsOverride", json!({})).await;
        (size["width"].as_u64().expect("a width"), found["result"]["value"].as_f64().expect("a height"))
    }

    /// Holds the page against axe-core's rules for WCAG 2.2 AA, in the light and in the dark; `axe` is its source.
    pub async fn is_accessible(&self, axe: &str, name: &str) {
        for scheme in ["light", "dark"] {
            let features = json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
            self.devtools("Emulation.setEmulatedMedia", features).await;
            self.devtools("Runtime.evaluate", json!({"expression": axe})).await;
            let run = "axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa']}) \
                       .then(found => JSON.stringify({passed: found.passes.length, violations: found.violations \
                       .map(one => [one.id, one.impact, one.nodes[0].html])}))";
            let parameters = json!({"expression": run, "awaitPromise": true, "returnByValue": true});
            let found = self.devtools("Runtime.evaluate", parameters).await;
            let found: Value = serde_json::from_str(found["result"]["value"].as_str().expect("axe runs")).unwrap();
            assert_eq!(found["violations"], json!([]), "{name}, {scheme}");
            assert!(found["passed"].as_u64() > Some(5), "{name}, {scheme}: nothing was looked at: {found}");
        }
    }
}
