//! `wit/http.wit`.

/// Header names and values in order.
pub type Headers = Vec<(String, String)>;

/// The value of the first header of that name, compared without regard to case.
pub fn header<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
}

/// An HTTP request.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Request {
    /// Upper case.
    pub method: String,
    /// Absolute.
    pub url: String,
    /// In order of arrival.
    pub headers: Headers,
    /// Raw.
    pub body: Vec<u8>,
}

impl Request {
    /// The value of the first header of that name.
    pub fn header(&self, name: &str) -> Option<&str> {
        header(&self.headers, name)
    }

    /// The query part of the URL as it was sent, empty where there is none.
    pub fn query(&self) -> &str {
        self.url.split_once('?').map_or("", |(_, query)| query)
    }
}

/// An HTTP response.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Response {
    /// 100 to 599.
    pub status: u16,
    /// In order.
    pub headers: Headers,
    /// Raw.
    pub body: Vec<u8>,
}

impl Response {
    /// A response without a body.
    pub fn empty(status: u16) -> Self {
        Self { status, ..Self::default() }
    }

    /// The value of the first header of that name.
    pub fn header(&self, name: &str) -> Option<&str> {
        header(&self.headers, name)
    }

    /// A response with a body of that media type.
    pub fn with_body(status: u16, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        let headers = vec![("content-type".to_owned(), content_type.to_owned())];
        Self { status, headers, body: body.into() }
    }
}

/// How the host authorizes a call with a secret that the connector never sees.
#[derive(Debug, Clone, PartialEq)]
pub enum Credential {
    /// The setting.
    Bearer(String),
    /// User, setting.
    Basic((String, String)),
    /// Header name, setting.
    Header((String, String)),
    /// Parameter name, setting.
    Query((String, String)),
    /// Field name, setting.
    Form((String, String)),
    /// The setting, which stands in the path in braces.
    Path(String),
    /// Scheme, setting.
    Other((String, String)),
}

impl Credential {
    /// The setting whose secret the host adds.
    pub fn setting(&self) -> &str {
        match self {
            Self::Bearer(setting) | Self::Path(setting) => setting,
            Self::Basic((_, setting))
            | Self::Header((_, setting))
            | Self::Query((_, setting))
            | Self::Form((_, setting))
            | Self::Other((_, setting)) => setting,
        }
    }
}

/// A request that the host is asked to make.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Call {
    /// Without credentials.
    pub request: Request,
    /// Added by the host.
    pub credentials: Vec<Credential>,
    /// The same for every webhook.
    pub cacheable: bool,
    /// Twice does no more than once.
    pub repeatable: bool,
}

impl Call {
    /// A `GET`: repeatable, without credentials.
    pub fn get(url: impl Into<String>) -> Self {
        let request = Request { method: "GET".to_owned(), url: url.into(), ..Request::default() };
        Self { request, repeatable: true, ..Self::default() }
    }

    /// A `POST` of a body of that media type: not repeatable, without credentials.
    pub fn post(url: impl Into<String>, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        let headers = vec![("content-type".to_owned(), content_type.to_owned())];
        let request = Request { method: "POST".to_owned(), url: url.into(), headers, body: body.into() };
        Self { request, ..Self::default() }
    }

    /// With a header.
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.request.headers.push((name.to_owned(), value.into()));
        self
    }

    /// Authorized by that setting: `Authorization: Bearer`.
    pub fn bearer(mut self, setting: &str) -> Self {
        self.credentials.push(Credential::Bearer(setting.to_owned()));
        self
    }

    /// Authorized by that user and setting: `Authorization: Basic`.
    pub fn basic(mut self, user: &str, setting: &str) -> Self {
        self.credentials.push(Credential::Basic((user.to_owned(), setting.to_owned())));
        self
    }

    /// Making it twice does no more than making it once.
    pub fn repeatable(mut self) -> Self {
        self.repeatable = true;
        self
    }
}

/// A call that was made, and its answer.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Exchange {
    /// As the connector wrote it.
    pub request: Request,
    /// As the provider sent it.
    pub response: Response,
}

/// What a connector may know.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Context {
    /// Name and value; a name repeats where it has several values.
    pub settings: Vec<(String, String)>,
    /// Milliseconds since the Unix epoch.
    pub now: u64,
    /// Oldest first.
    pub exchanges: Vec<Exchange>,
}

impl Context {
    /// The first value of a setting, where it is there and not empty.
    pub fn setting<'a>(&'a self, name: &str) -> Option<&'a str> {
        self.setting_values(name).next()
    }

    /// Every value of a setting, the newest first, empty ones left out.
    pub fn setting_values<'a, 'n>(&'a self, name: &'n str) -> impl Iterator<Item = &'a str> + use<'a, 'n> {
        self.settings
            .iter()
            .filter(move |(key, value)| key == name && !value.is_empty())
            .map(|(_, value)| value.as_str())
    }
}
