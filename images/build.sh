# Builds the container images of the node and of the operator, with docker, podman or buildah. Part of ./raftgres, which
# reads this file for its command 'images'.

images_usage() {
    cat <<'TEXT'
Builds the images raftgres/node and raftgres/operator. Uses the first of docker, podman and buildah that works.

Usage: ./raftgres images [--base IMAGE] [--registry PREFIX] [--tag TAG] [--platform LIST] [--source URL] [--e2e]
                         [--load] [--save DIRECTORY] [--push]

  --base IMAGE      the base image: any image with /bin/sh and a Java 25 or later on its PATH. For builds that you can
                    repeat, name it with its digest: NAME@sha256:... Default: eclipse-temurin:25-jre
  --registry PREFIX the images are named PREFIX/node and PREFIX/operator, such as registry.example.com/raftgres.
                    Default: docker.io/raftgres
  --tag TAG         the images' tag. Default: the version of this source tree
  --platform LIST   such as linux/amd64,linux/arm64: builds each image for these platforms, under one name. The base
                    image must have them, and this machine must be able to run their programs. Default: this machine's
  --source URL      where the source code is, for the label org.opencontainers.image.source
  --e2e             also builds raftgres/e2e-client, which ./raftgres e2e-kubernetes needs
  --load            also loads the images into the kind cluster of the current kubectl context. If
                    RAFTGRES_IMAGE_LOADER is set, runs that command instead, with the images' archives as arguments
  --save DIRECTORY  also writes each image to an archive in this directory, for machines without a registry
  --push            also pushes the images to the registry of --registry

Next to the archives, in target/, each image's list of libraries is written (image-NAME.sbom.json, in CycloneDX). The image
has the same file: /opt/raftgres/sbom.json. It does not list the contents of the base image.

Environment
  RAFTGRES_IMAGE_TOOL     docker, podman or buildah: use this one
  RAFTGRES_IMAGE_LOADER   a command that loads archives (docker-archive) into a Kubernetes cluster
TEXT
}

# Sets image_tool to the first tool that works. docker without its daemon does not work.
find_image_tool() {
    local tool tried=''
    for tool in ${RAFTGRES_IMAGE_TOOL:-docker podman buildah}; do
        case $tool in
            docker | podman | buildah) ;;
            *) die "RAFTGRES_IMAGE_TOOL is '$tool'. It must be docker, podman or buildah." 2 ;;
        esac
        if ! command -v "$tool" >/dev/null 2>&1; then
            tried="$tried $tool is not on the PATH."
        elif [ "$tool" != buildah ] && ! "$tool" info >/dev/null 2>&1; then
            tried="$tried '$tool info' fails: check that its daemon runs."
        else
            image_tool=$tool
            return
        fi
    done
    die "No program can build images.$tried Install docker, podman or buildah."
}

# Prints the full name of an image. The tools complete a name without a host differently; Kubernetes uses docker.io.
image_name() {
    local name=$1
    [ "$name" = e2e ] && name=e2e-client
    printf '%s/%s:%s' "$image_registry" "$name" "$image_tag"
}

# Sets image_labels: what the Dockerfiles do not know.
set_image_labels() {
    local revision prefix=org.opencontainers.image
    image_labels=(--label "$prefix.version=$image_tag")
    revision=$(git -C "$root" rev-parse HEAD 2>/dev/null) || revision=
    if [ -n "$revision" ]; then
        [ -z "$(git -C "$root" status --porcelain 2>/dev/null | head -n 1)" ] || revision=$revision-modified
        image_labels+=(--label "$prefix.revision=$revision")
    fi
    [ -z "$image_source" ] || image_labels+=(--label "$prefix.source=$image_source" --label "$prefix.url=$image_source")
    image_labels+=(--label "$prefix.base.name=${image_base:-docker.io/library/eclipse-temurin:25-jre}")
    case $image_base in
        *@sha256:*) image_labels+=(--label "$prefix.base.digest=sha256:${image_base##*@sha256:}") ;;
    esac
}

# The platform of this machine, such as linux/amd64.
this_platform() {
    case $(uname -m) in
        x86_64 | amd64) echo linux/amd64 ;;
        aarch64 | arm64) echo linux/arm64 ;;
        *) echo "linux/$(uname -m)" ;;
    esac
}

# base_platform IMAGE: prints the platform of an image on this machine; prints nothing if there is none.
base_platform() {
    case $image_tool in
        buildah) buildah inspect --type image --format '{{.OCIv1.OS}}/{{.OCIv1.Architecture}}' "$1" 2>/dev/null ;;
        *) "$image_tool" image inspect --format '{{.Os}}/{{.Architecture}}' "$1" 2>/dev/null ;;
    esac
}

# Dies if the images cannot be built for a platform of image_platforms. The images' content is the same for all platforms, apart
# from the base image and the AOT cache, which a run of the program records while the image is built.
check_platforms() {
    local platform found base=${image_base:-docker.io/library/eclipse-temurin:25-jre}
    for platform in ${image_platforms//,/ }; do
        # docker's builder finds both out itself: it runs in a machine of its own on some systems.
        [ "$image_tool" != docker ] || continue
        found=$(base_platform "$base")
        if [ "$found" != "$platform" ]; then
            found=$("$image_tool" pull --quiet --platform "$platform" "$base" 2>&1) && found=$(base_platform "$base")
        fi
        [ "$found" = "$platform" ] || die "The base image $base has no variant for $platform here ($(printf '%s' "$found" | tail -n 1)).
Name one that has it with --base, or leave $platform out of --platform."
        if [ "$platform" != "$(this_platform)" ] && ! ls /proc/sys/fs/binfmt_misc/qemu-* >/dev/null 2>&1; then
            die "This machine cannot run programs of $platform, and the build runs some. Install an emulator, such as Debian's
qemu-user-static, or build on a machine of that kind."
        fi
    done
}

# build_image MODULE: builds its image, with its directory as the context.
build_image() {
    local name log=$target/image-$1.log arguments=("${image_labels[@]}") build=(build)
    name=$(image_name "$1")
    [ -n "$image_base" ] && arguments+=(--build-arg "BASE=$image_base")
    say "Building ${name#docker.io/} with $image_tool ..."
    [ ! -f "$root/$1/target/sbom.json" ] || cp "$root/$1/target/sbom.json" "$target/image-$1.sbom.json"
    if [ -n "$image_platforms" ]; then
        arguments+=(--platform "$image_platforms")
        # docker keeps images of several platforms only in a registry, so it builds and pushes in one step.
        [ "$image_tool" != docker ] || { build=(buildx build); [ -z "$image_push" ] || arguments+=(--push); }
    fi
    if [ "$image_platforms" != "${image_platforms%,*}" ] && [ "$image_tool" != docker ]; then
        # A list of an earlier build would keep its entries.
        "$image_tool" manifest rm "$name" >/dev/null 2>&1 || "$image_tool" rmi "$name" >/dev/null 2>&1 || true
        arguments+=(--manifest "$name")
    else
        arguments+=(--tag "$name")
    fi
    arguments+=(--file "$root/$1/Dockerfile" "$root/$1")
    case $image_tool in
        # chroot: a namespace for each step would not work inside a container.
        buildah) buildah build --isolation "${BUILDAH_ISOLATION:-chroot}" "${arguments[@]}" ;;
        *) "$image_tool" "${build[@]}" "${arguments[@]}" ;;
    esac >"$log" 2>&1 || {
        say "The image was not built. The whole log is in $log. Its end:"
        tail -n 20 "$log" >&2
        die "The image ${name#docker.io/} was not built."
    }
}

# save_image MODULE: saves its image to a file, and sets archive to the file's name.
save_image() {
    local name
    name=$(image_name "$1")
    archive=$target/image-$1.tar
    rm -f "$archive"
    case $image_tool in
        docker) docker save --output "$archive" "$name" ;;
        podman) podman save --quiet --format docker-archive --output "$archive" "$name" ;;
        buildah) buildah push --quiet "$name" "docker-archive:$archive:$name" ;;
    esac >/dev/null || die "The image $name was not saved to $archive: check the free space and the permissions of $target."
}

# push_image MODULE: pushes its image, for all its platforms.
push_image() {
    local name
    name=$(image_name "$1")
    say "Pushing $name ..."
    case $image_tool,$image_platforms in
        docker,?*) return ;; # build_image has pushed it
        *,*,*) "$image_tool" manifest push --all "$name" "docker://$name" ;;
        *) "$image_tool" push "$name" ;;
    esac >"$target/push-$1.log" 2>&1 || {
        tail -n 20 "$target/push-$1.log" >&2
        die "The image $name was not pushed. Check the name of the registry, and log in with '$image_tool login'."
    }
}

# make_sboms: lists the libraries of node, command line and operator, if a pom.xml has changed since.
make_sboms() {
    local log=$target/sbom.log
    if [ -f "$target/sbom.stamp" ] && [ -f "$root/node/target/sbom.json" ] && [ -f "$root/client/target/sbom.json" ] &&
        [ -f "$root/operator/target/sbom.json" ] &&
        [ -z "$(find "$root"/pom.xml "$root"/*/pom.xml -newer "$target/sbom.stamp" 2>/dev/null | head -n 1)" ]; then
        return
    fi
    require_jdk
    require_maven
    take_lock
    say "Listing the libraries of the images ..."
    touch "$target/sbom.stamp.new"
    if ! maven "$log" package -Psbom -pl node,client,operator -am -Dmaven.test.skip=true -Dquarkus.build.skip=true |
        show_progress >&2; then
        tail -n 30 "$log" >&2
        die "The libraries of the images were not listed; the whole log is in $log."
    fi
    mv "$target/sbom.stamp.new" "$target/sbom.stamp"
    release_lock
}

# The kind cluster of the current context; sets kind_cluster.
find_kind_cluster() {
    local context
    command -v kind >/dev/null 2>&1 || die "--load needs kind (kind.sigs.k8s.io) on the PATH, or a command in
RAFTGRES_IMAGE_LOADER that loads the images' archives. To use a registry, push the images with $image_tool instead."
    context=$(kubectl config current-context 2>/dev/null) || die "kubectl has no current context, so there is no kind cluster to load into.
Create one:  kind create cluster --config e2e/kind.yaml"
    case $context in
        kind-*) kind_cluster=${context#kind-} ;;
        *) die "The current context of kubectl is '$context', which is not a kind cluster. Choose one with
'kubectl config use-context kind-NAME', or set RAFTGRES_IMAGE_LOADER to a command that loads archives." ;;
    esac
}

load_images() {
    local module archive archives=()
    for module in "$@"; do
        save_image "$module"
        archives+=("$archive")
    done
    if [ -n "${RAFTGRES_IMAGE_LOADER:-}" ]; then
        # Not quoted: the command may have arguments.
        $RAFTGRES_IMAGE_LOADER "${archives[@]}" || die "The images were not loaded: the command of RAFTGRES_IMAGE_LOADER, '$RAFTGRES_IMAGE_LOADER', failed."
    else
        for archive in "${archives[@]}"; do
            kind load image-archive "$archive" --name "$kind_cluster" || die "kind did not load $archive into the cluster $kind_cluster."
        done
    fi
}

# ensure_module_built MODULE JAR: builds a module that only the images need (operator, e2e), and the modules that it depends
# on, if its sources have changed.
ensure_module_built() {
    local done_before=$root/$1/target/build.stamp log=$target/build-$1.log
    if [ -f "$done_before" ] && [ -f "$root/$1/target/$2" ] && [ -z "$(find "$root/pom.xml" "$root/$1/pom.xml" \
        "$root/$1/src/main" "$root/raft/src/main" "$root/client/src/main" -newer "$done_before" 2>/dev/null | head -n 1)" ]; then
        return
    fi
    require_jdk
    require_maven
    take_lock
    say "Building the module $1 ..."
    touch "$target/$1.stamp.new"
    if ! maven "$log" package -pl "$1" -am -Dmaven.test.skip=true | show_progress >&2; then
        say "The build failed; the whole log is in $log. Its end:"
        tail -n 30 "$log" >&2
        die "The module $1 was not built, and so no image."
    fi
    mv "$target/$1.stamp.new" "$done_before"
    release_lock
}

images_command() {
    local image_tool image_base='' image_tag='' image_registry=docker.io/raftgres image_platforms='' image_source=''
    local image_labels=() image_push='' save='' load='' kind_cluster module archive modules='node operator'
    while [ $# -gt 0 ]; do
        case $1 in
            --base | --tag | --registry | --platform | --source | --save)
                [ $# -ge 2 ] && [ -n "$2" ] || die "$1 needs a value. See './raftgres images --help'." 2
                case $1 in
                    --base) image_base=$2 ;;
                    --tag) image_tag=$2 ;;
                    --registry) image_registry=${2%/} ;;
                    --platform) image_platforms=$2 ;;
                    --source) image_source=$2 ;;
                    --save) save=$2 ;;
                esac
                shift 2
                ;;
            --push) image_push=1; shift ;;
            --e2e) modules='node operator e2e'; shift ;;
            --load) load=1; shift ;;
            --help | -h) images_usage; return ;;
            *) die "images: unknown option '$1'. See './raftgres images --help'." 2 ;;
        esac
    done
    [ -n "$image_tag" ] || image_tag=$(sed -n 's:^  <version>\(.*\)</version>.*:\1:p' "$root/pom.xml" | head -n 1)
    # Check what may be missing first, before the long build.
    [ -z "$image_push" ] || [ "$image_registry" != docker.io/raftgres ] ||
        die "--push needs --registry: name the registry that you may write to, such as registry.example.com/raftgres." 2
    case $image_platforms in
        '' | linux/amd64 | linux/arm64 | linux/amd64,linux/arm64 | linux/arm64,linux/amd64) ;;
        *) die "--platform: '$image_platforms' is unknown. Use linux/amd64, linux/arm64, or both with a comma." 2 ;;
    esac
    case $image_platforms,$load$save in
        *,*,?*) die "--load and --save need images of one platform. Name one platform, or use --push." 2 ;;
    esac
    [ -z "$save" ] || mkdir -p "$save" || die "--save: the directory $save cannot be made." 2
    find_image_tool
    check_platforms
    set_image_labels
    [ -z "$load" ] || [ -n "${RAFTGRES_IMAGE_LOADER:-}" ] || find_kind_cluster
    ensure_built
    mkdir -p "$target"
    # The command line goes into the node's image.
    rm -rf "$root/node/target/cli"
    mkdir "$root/node/target/cli"
    ensure_module_built operator quarkus-app/quarkus-run.jar
    make_sboms
    cp -R "$root/client/target/lib" "$cli_jar" "$root/client/target/sbom.json" "$root/node/target/cli"
    build_image node
    build_image operator
    case $modules in
        *e2e*)
            ensure_module_built e2e raftgres-e2e.jar
            build_image e2e
            ;;
    esac
    [ -z "$load" ] || load_images $modules
    for module in $modules; do
        [ -z "$image_push" ] || push_image "$module"
        if [ -n "$save" ]; then
            save_image "$module"
            mv "$archive" "$save/" || die "The archive $archive was not moved to $save: check the free space and the permissions."
        fi
    done
    for module in $modules; do
        module=$(image_name "$module")
        printf '%s\n' "${module#docker.io/}"
    done
}
