package contract

import (
	"context"
	"crypto"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"maps"
	"math/big"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// What the issuer of the suite writes into its tokens.
const (
	issuerName   = "https://issuer.test"
	audienceName = "contract"
	keysPath     = "/keys"
	everyday     = "anna" // who asks, unless a clause says otherwise
	somebody     = "bert" // another
)

// issuer makes tokens and publishes the keys to check them with.
type issuer struct {
	address string
	scopes  []string // all that the description asks for
	now     func() time.Time
	server  *http.Server

	mu      sync.Mutex
	key     *rsa.PrivateKey
	id      string
	token   string // the everyday one
	down    bool
	fetches int // of the keys
	strays  int // of anything else
}

// newIssuer starts an issuer on a port of this machine.
func (s *suite) newIssuer(scopes []string) (*issuer, error) {
	i := &issuer{
		address: net.JoinHostPort("127.0.0.1", strconv.Itoa(s.freePort())), scopes: scopes, now: s.Now,
	}
	if err := i.rotate(); err != nil {
		return nil, err
	}
	i.server = &http.Server{Handler: http.HandlerFunc(i.serve), ReadHeaderTimeout: time.Second}
	return i, i.listen()
}

// listen serves at the address, in the network that it is called in.
func (i *issuer) listen() error {
	l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", i.address)
	if err != nil {
		return err
	}
	go func() { _ = i.server.Serve(l) }()
	return nil
}

func (i *issuer) close() {
	if i != nil {
		_ = i.server.Close()
	}
}

func (i *issuer) serve(w http.ResponseWriter, r *http.Request) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if r.URL.Path != keysPath {
		i.strays++
	} else {
		i.fetches++
	}
	if i.down {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	content, _ := encode(object{"keys": []any{publicKey(i.key, i.id)}})
	w.Header().Set("Content-Type", jsonType)
	_, _ = w.Write(content)
}

func publicKey(key *rsa.PrivateKey, id string) object {
	return object{
		"kty": "RSA", "use": "sig", "alg": "RS256", "kid": id,
		"n": encoded(key.N.Bytes()), "e": encoded(big.NewInt(int64(key.E)).Bytes()),
	}
}

func encoded(data []byte) string { return base64.RawURLEncoding.EncodeToString(data) }

// rotate gives the issuer another key.
func (i *issuer) rotate() error {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return err
	}
	i.mu.Lock()
	i.key, i.id = key, "key-"+random(6)
	i.mu.Unlock()
	token := i.good(everyday, i.scopes...)
	i.mu.Lock()
	defer i.mu.Unlock()
	i.token = token
	return nil
}

// fail makes the issuer answer 500, or the keys again.
func (i *issuer) fail(down bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.down = down
}

// counts returns how often the keys were read, and how often something else.
func (i *issuer) counts() (fetches, strays int) {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.fetches, i.strays
}

// settings are the variables that make a service believe the issuer.
func (i *issuer) settings() []string {
	if i == nil {
		return nil
	}
	return []string{"AUTH_ISSUER=" + issuerName, "AUTH_AUDIENCE=" + audienceName, "AUTH_JWKS_URL=http://" + i.address + keysPath}
}

// bearer returns the everyday token, and "" where there is no issuer.
func (i *issuer) bearer() string {
	if i == nil {
		return ""
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.token
}

// claims are those of a token of a subject that is good for a day.
func (i *issuer) claims(subject string, scopes ...string) object {
	now := i.now()
	return object{
		"iss": issuerName, "aud": audienceName, "sub": subject, "scope": strings.Join(scopes, " "),
		"iat": now.Unix(), "exp": now.Add(day).Unix(),
	}
}

// good returns a token of a subject.
func (i *issuer) good(subject string, scopes ...string) string {
	return i.signed(nil, i.claims(subject, scopes...))
}

// signed returns a token with claims and more in its header.
func (i *issuer) signed(header, claims object) string {
	i.mu.Lock()
	defer i.mu.Unlock()
	return signRSA(i.key, i.id, header, claims)
}

func signRSA(key *rsa.PrivateKey, id string, header, claims object) string {
	all := object{"alg": "RS256", "typ": "JWT", "kid": id}
	maps.Copy(all, header)
	return token(all, claims, func(text []byte) []byte {
		sum := sha256.Sum256(text)
		signature, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
		if err != nil {
			return nil // a token without a signature, which no service takes
		}
		return signature
	})
}

// token puts a token together.
func token(header, claims object, sign func(text []byte) []byte) string {
	text := part(header) + "." + part(claims)
	return text + "." + encoded(sign([]byte(text)))
}

func part(o object) string {
	data, err := json.Marshal(o)
	if err != nil {
		return ""
	}
	return encoded(data)
}

// badToken is a token that no service may take.
type badToken struct{ what, token string }

// bad returns tokens that are each wrong in one way.
func (i *issuer) bad() ([]badToken, error) {
	thief, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil, err
	}
	i.mu.Lock()
	public, id := &i.key.PublicKey, i.id
	i.mu.Unlock()
	der, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		return nil, err
	}
	claims := i.claims(everyday, i.scopes...)
	with := func(name string, value any) string {
		changed := maps.Clone(claims)
		changed[name] = value
		return i.signed(nil, changed)
	}
	symmetric := func(secret []byte) string {
		return token(object{"alg": "HS256", "typ": "JWT", "kid": id}, claims, func(text []byte) []byte {
			mac := hmac.New(sha256.New, secret)
			mac.Write(text)
			return mac.Sum(nil)
		})
	}
	stray := "http://" + i.address + "/stray"
	now := i.now()
	return []badToken{
		{"alg: none", token(object{"alg": "none", "typ": "JWT", "kid": id}, claims, func([]byte) []byte { return nil })},
		{"HS256 with the public key as DER", symmetric(der)},
		{"HS256 with the public key as PEM", symmetric(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))},
		{"a wrong key", signRSA(thief, id, nil, claims)},
		{"an unknown kid", signRSA(thief, "key-unknown", nil, claims)},
		{"exp in the past", with("exp", now.Add(-time.Hour).Unix())},
		{"nbf in the future", with("nbf", now.Add(time.Hour).Unix())},
		{"a wrong iss", with("iss", "https://other.test")},
		{"a wrong aud", with("aud", "other")},
		{"the header jku", signRSA(thief, "key-stray", object{"jku": stray}, claims)},
		{"the header jwk", signRSA(thief, "key-stray", object{"jwk": publicKey(thief, "key-stray")}, claims)},
	}, nil
}

// openIssuer starts the issuer of the run where the service needs one. Its
// everyday token has every scope that the description asks for.
func (s *suite) openIssuer(ctx context.Context) error {
	if !s.meets(Module(authModule)) {
		return nil
	}
	var err error
	if s.protected, err = loadAPI(ctx, s.description()); err != nil {
		return fmt.Errorf("read what the service asks of tokens: %w", err)
	}
	s.issuer, err = s.newIssuer(s.protected.scopes())
	return err
}

// scopes returns every scope that an operation of the document asks for.
func (a *api) scopes() []string {
	var all []string
	for _, o := range a.operations {
		all = append(all, o.scopes()...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// scopes returns those of the first way to be let in that the operation names.
func (o *operation) scopes() []string {
	ways, _ := o.place.list("security")
	if len(ways) == 0 {
		return nil
	}
	way, _ := ways[0].(object)
	var all []string
	for _, scopes := range way {
		list, _ := scopes.([]any)
		for _, one := range list {
			all = append(all, fmt.Sprint(one))
		}
	}
	return all
}

// enterRoom makes the issuer reachable in a network of the suite's own.
func (i *issuer) enterRoom(room *namespace) error {
	if i == nil || room == nil {
		return nil
	}
	var err error
	room.do(func() { err = i.listen() })
	return err
}
