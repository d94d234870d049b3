// A certificate for localhost and 127.0.0.1 that nobody vouches for, valid for a hundred years, with its key. It
// guards nothing: it is here so that the tests need no program that makes certificates. Made with
// openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 36500 -subj /CN=localhost
// -addext subjectAltName=IP:127.0.0.1,DNS:localhost

export const CERTIFICATE = {
  cert: `-----BEGIN CERTIFICATE-----
MIIBnDCCAUGgAwIBAgIUfjcIAPbGENaJJvkDTNIDUOI3yP0wCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyNDE1MTYxMVoYDzIxMjYxMDMx
MTUxNjExWjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAAQxePHx8s/FgF89kE9o6ZABfBRfipqGriVMKhtfaRN08ovcv9Zl9hd0
zUuVf7z4fmjziPHd1uZQYqVTQ9ImWsQOo28wbTAdBgNVHQ4EFgQUpKpra271ZI1Z
S2xasOAAx3aIRpswHwYDVR0jBBgwFoAUpKpra271ZI1ZS2xasOAAx3aIRpswDwYD
VR0TAQH/BAUwAwEB/zAaBgNVHREEEzARhwR/AAABgglsb2NhbGhvc3QwCgYIKoZI
zj0EAwIDSQAwRgIhALx9f1CjMvBPlf4/6JflY0Or3CRyismQabTD0vysxDn0AiEA
sMSLTSvXCgBNf8Qo5J6o2r03ICepKMxpaYJFnMNu3yQ=
-----END CERTIFICATE-----
`,
  key: `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgcB4I8DtnOjBrwgEH
3SgEX0xXhoVOxm4//72xS5htfzmhRANCAAQxePHx8s/FgF89kE9o6ZABfBRfipqG
riVMKhtfaRN08ovcv9Zl9hd0zUuVf7z4fmjziPHd1uZQYqVTQ9ImWsQO
-----END PRIVATE KEY-----
`,
};
