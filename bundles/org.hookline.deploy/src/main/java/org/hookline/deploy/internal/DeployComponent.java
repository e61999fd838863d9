// SPDX-License-Identifier: Apache-2.0
package org.hookline.deploy.internal;

import java.io.File;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.felix.fileinstall.ArtifactInstaller;
import org.hookline.deploy.Deployments;
import org.osgi.framework.BundleContext;
import org.osgi.framework.Constants;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.runtime.ServiceComponentRuntime;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes every jar from FileInstall before it can decide on its own: FileInstall only scans. Its decisions lose bundles
 * (a jar overwritten in place is uninstalled, one with a system bundle's name replaces it). Work is done on a thread of
 * the deployer's own, so that a slow bundle holds up no scan.
 */
@Component(service = {ArtifactInstaller.class, Deployments.class}, immediate = true,
        property = Constants.SERVICE_RANKING + ":Integer=1000000")
public final class DeployComponent implements ArtifactInstaller, Deployments {
    private static final Logger LOG = LoggerFactory.getLogger(DeployComponent.class);

    private final Deployer deployer;
    private final ExecutorService worker = Executors.newSingleThreadExecutor(
            Thread.ofPlatform().daemon().name("hookline-deploy").factory());

    /**
     * Starts.
     *
     * @param context of this bundle
     * @param components knows why components fail
     */
    @Activate
    public DeployComponent(BundleContext context, @Reference ServiceComponentRuntime components) {
        String data = context.getProperty("hookline.data");
        deployer = new Deployer(new OsgiPlatform(context, components),
                Path.of(data == null ? System.getProperty("hookline.data", "data") : data), Duration.ofMillis(700));
    }

    @Deactivate
    void stop() {
        worker.shutdownNow();
    }

    @Override
    public boolean canHandle(File artifact) {
        // By name alone: what is inside is looked at later, when the file has stopped changing.
        return artifact.getName().endsWith(".jar") && !artifact.getName().startsWith(".");
    }

    @Override
    public void install(File artifact) {
        later(() -> deployer.changed(artifact.toPath()));
    }

    @Override
    public void update(File artifact) {
        later(() -> deployer.changed(artifact.toPath()));
    }

    @Override
    public void uninstall(File artifact) {
        later(() -> deployer.deleted(artifact.toPath()));
    }

    @FunctionalInterface
    private interface Work {
        void run() throws InterruptedException;
    }

    private void later(Work work) {
        try {
            worker.execute(() -> {
                try {
                    work.run();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                } catch (RuntimeException | Error e) {
                    LOG.error("deploy: {}", e.toString(), e);
                }
            });
        } catch (RejectedExecutionException e) {
            LOG.debug("the deployer has stopped", e);
        }
    }

    @Override
    public List<Deployment> list() {
        try {
            return worker.submit(deployer::list).get(10, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return List.of();
        } catch (ExecutionException | java.util.concurrent.TimeoutException e) {
            throw new IllegalStateException("the deployer does not answer", e);
        }
    }
}
