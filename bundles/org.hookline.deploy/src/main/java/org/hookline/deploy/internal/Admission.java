// SPDX-License-Identifier: Apache-2.0
package org.hookline.deploy.internal;

import java.io.IOException;
import java.io.InputStream;
import java.io.Reader;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.CodeSigner;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertPath;
import java.security.cert.CertPathValidator;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.PKIXParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Date;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import org.hookline.api.options.Nearest;

/**
 * Who may bring code into the process. A deployed bundle has all rights of the process, and Java has no sandbox any
 * more; what is left is to choose what is let in. The choice stands in {@code conf/deploy.cfg} and is read for each
 * jar:
 *
 * <pre>
 * admission = off                  # every jar; the default
 *
 * admission = digest               # jars whose SHA-256 stands in a list, as sha256sum prints it
 * digests = deploy.sha256
 *
 * admission = signed               # jars of which every entry is signed by a key that is trusted
 * truststore = truststore.p12
 * truststore.password = changeit
 * </pre>
 *
 * Files are relative to {@code conf/}. What cannot be read lets nothing in.
 */
final class Admission {
    private static final List<String> KEYS = List.of("admission", "digests", "truststore", "truststore.password");
    private static final List<String> MODES = List.of("off", "digest", "signed");

    private final Path conf;

    /**
     * Makes it.
     *
     * @param conf the folder of {@code deploy.cfg}
     */
    Admission(Path conf) {
        this.conf = conf;
    }

    /** A jar that is not let in, and why. */
    private static final class Refused extends Exception {
        private static final long serialVersionUID = 1L;

        Refused(String message) {
            super(message);
        }
    }

    /** {@return the mode as it stands in the file, for the log} */
    String mode() {
        try {
            return settings().getProperty("admission", "off").strip();
        } catch (Refused e) {
            return "nothing: " + e.getMessage();
        }
    }

    /**
     * Decides about a jar.
     *
     * @param jar a copy that nobody changes
     * @param sha256 its digest
     * @return why it is not let in, in plain words; empty where it is
     */
    Optional<String> refusal(Path jar, String sha256) {
        try {
            Properties settings = settings();
            switch (settings.getProperty("admission", "off").strip()) {
                case "digest" -> listed(settings, sha256);
                case "signed" -> signed(settings, jar);
                default -> { }
            }
            return Optional.empty();
        } catch (Refused e) {
            return Optional.of(e.getMessage());
        }
    }

    private Properties settings() throws Refused {
        Path file = conf.resolve("deploy.cfg");
        Properties settings = new Properties();
        try (Reader reader = Files.newBufferedReader(file, StandardCharsets.UTF_8)) {
            settings.load(reader);
        } catch (NoSuchFileException e) {
            return settings;
        } catch (IOException | IllegalArgumentException e) {
            throw new Refused("conf/deploy.cfg cannot be read (" + e.getMessage() + "), so nothing is let in");
        }
        for (String key : settings.stringPropertyNames()) {
            if (!KEYS.contains(key)) {
                throw new Refused("conf/deploy.cfg has an unknown key '" + key + "', so nothing is let in"
                        + Nearest.suggest(key, KEYS));
            }
        }
        String mode = settings.getProperty("admission", "off").strip();
        if (!MODES.contains(mode)) {
            throw new Refused("conf/deploy.cfg has an unknown admission '" + mode + "', so nothing is let in"
                    + Nearest.suggest(mode, MODES));
        }
        return settings;
    }

    private void listed(Properties settings, String sha256) throws Refused {
        String name = settings.getProperty("digests", "deploy.sha256").strip();
        List<String> lines;
        try {
            lines = Files.readAllLines(conf.resolve(name), StandardCharsets.UTF_8);
        } catch (NoSuchFileException e) {
            throw new Refused("admission is by digest, and there is no list conf/" + name
                    + ": if you trust the jar, write the line there that sha256sum prints for it, " + sha256);
        } catch (CharacterCodingException e) {
            throw new Refused("admission is by digest, and the list conf/" + name + " is no text in UTF-8");
        } catch (IOException e) {
            throw new Refused("admission is by digest, and the list conf/" + name + " cannot be read: "
                    + e.getMessage());
        }
        boolean listed = lines.stream().map(l -> l.strip().split("\\s+", 2)[0].toLowerCase(Locale.ROOT))
                .anyMatch(sha256::equals);
        if (!listed) {
            throw new Refused("its SHA-256 " + sha256 + " is not in conf/" + name
                    + ": if you trust it, add the line that sha256sum prints for it");
        }
    }

    private void signed(Properties settings, Path file) throws Refused {
        Set<X509Certificate> trusted = trusted(settings);
        byte[] buffer = new byte[1 << 16];
        try (JarFile jar = new JarFile(file.toFile(), true)) {
            for (JarEntry entry : (Iterable<JarEntry>) jar.stream()::iterator) {
                try (InputStream in = jar.getInputStream(entry)) {
                    while (in.read(buffer) >= 0) {
                        // Signatures are checked at the end of each entry.
                    }
                }
                if (entry.isDirectory() || ofSignature(entry.getName())) {
                    continue;
                }
                CodeSigner[] signers = entry.getCodeSigners();
                if (signers == null) {
                    throw new Refused("only signed jars are let in (admission = signed), and its entry "
                            + entry.getName() + " is not signed: sign the jar with jarsigner");
                }
                boolean anyTrusted = false;
                for (CodeSigner signer : signers) {
                    anyTrusted |= trusts(trusted, signer);
                }
                if (!anyTrusted) {
                    X509Certificate by = (X509Certificate) signers[0].getSignerCertPath().getCertificates().getFirst();
                    throw new Refused("it is signed by " + by.getSubjectX500Principal().getName()
                            + ", which the truststore does not trust (or whose certificate was not valid then)");
                }
            }
        } catch (SecurityException e) {
            throw new Refused("its signature is broken (" + e.getMessage() + "): it was changed after it was signed");
        } catch (IOException e) {
            throw new Refused("it cannot be read: " + e.getMessage());
        }
    }

    /** The manifest and the signatures themselves, which cannot be signed entries. */
    private static boolean ofSignature(String name) {
        String upper = name.toUpperCase(Locale.ROOT);
        return upper.equals("META-INF/MANIFEST.MF") || upper.matches("META-INF/(SIG-[^/]*|[^/]*\\.(SF|RSA|DSA|EC))");
    }

    private Set<X509Certificate> trusted(Properties settings) throws Refused {
        String name = settings.getProperty("truststore", "truststore.p12").strip();
        try {
            KeyStore store = KeyStore.getInstance(conf.resolve(name).toFile(),
                    settings.getProperty("truststore.password", "").toCharArray());
            Set<X509Certificate> trusted = new HashSet<>();
            for (String alias : Collections.list(store.aliases())) {
                if (store.getCertificate(alias) instanceof X509Certificate x509) {
                    trusted.add(x509);
                }
            }
            if (trusted.isEmpty()) {
                throw new Refused("the truststore conf/" + name + " holds no certificate, so nothing is let in");
            }
            return trusted;
        } catch (IOException | GeneralSecurityException | IllegalArgumentException e) {
            throw new Refused("the truststore conf/" + name + " cannot be read (" + e.getMessage()
                    + "), so nothing is let in");
        }
    }

    @SuppressWarnings("JavaUtilDate") // what signatures and certificates take
    private static boolean trusts(Set<X509Certificate> trusted, CodeSigner signer) {
        Date when = signer.getTimestamp() == null ? new Date() : signer.getTimestamp().getTimestamp();
        List<? extends Certificate> chain = signer.getSignerCertPath().getCertificates();
        X509Certificate leaf = (X509Certificate) chain.getFirst();
        try {
            if (trusted.contains(leaf)) {
                leaf.checkValidity(when);
                return true;
            }
            // A path leads from the signer up to, and without, a certificate that is trusted.
            List<Certificate> path = new ArrayList<>();
            for (Certificate c : chain) {
                if (trusted.contains(c)) {
                    break;
                }
                path.add(c);
            }
            CertPath certPath = CertificateFactory.getInstance("X.509").generateCertPath(path);
            Set<TrustAnchor> anchors = new HashSet<>();
            trusted.forEach(c -> anchors.add(new TrustAnchor(c, null)));
            PKIXParameters parameters = new PKIXParameters(anchors);
            parameters.setRevocationEnabled(false);
            parameters.setDate(when);
            CertPathValidator.getInstance("PKIX").validate(certPath, parameters);
            return true;
        } catch (GeneralSecurityException e) {
            return false;
        }
    }
}
